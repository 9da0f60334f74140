"""What holds the code's shape: sizes, who imports whom, what an import may do. Judges no behaviour."""

import ast
import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.source_tree import (
    PACKAGES,
    ROOT,
    files,
    imported,
    plain,
    python_files,
    requirements,
    shipped,
    text,
    tree,
)

LINES_A_FILE, LINES_A_FUNCTION, LINES_A_CLASS = 400, 60, 250

# Signatures with **kwargs that rl_games dictates: (file, function).
DICTATED_KWARGS = {
    ("algos/networks/actor_critic.py", "build"),
    ("algos/networks/actor_critic.py", "_build_mlp"),
    ("algos/networks/actor_critic.py", "_build_conv"),
    ("tasks/vec_env/base.py", "set_train_info"),
    ("tasks/vec_env/hosted.py", "set_train_info"),
}
# The edges where foreign objects are probed for what they offer.
PROBES_FOREIGN_OBJECTS = {
    "algos/observers.py",  # a user's observer, on rl_games with and without after_clear_stats
    "algos/ppo/actor_critic.py",  # rl_games' models, with and without normalisers
    "tasks/factory.py",  # what a user's entry point made
    "tasks/judge.py",  # the same, before it is made
    "tasks/lookup.py",  # a user's module:attribute
    "algos/runner.py",  # a user's module, with and without setup_runner
    "tasks/registered.py",  # a user's creator, which may be any callable
    "tasks/vec_env/hosted.py",  # a user's vector environment
    "tasks/states.py",  # a user's environment, with and without get_state and set_state
    "tasks/old_gym.py",  # environments older than Gymnasium
    "cfg/processors.py",  # what the operating system can tell
}
# The one place where global generators are seeded, and the one where "auto" becomes a device.
SEEDS_GLOBALLY = {"algos/seeding.py"}
NAMES_DEVICES = {"algos/device.py"}
# Modules that come with an extra: the one function that needs such a module imports it.
OF_EXTRAS = {"imageio_ffmpeg": ("video",), "mujoco": ("mujoco",)}
# Modules that come with a declared dependency, at exactly the version it asks for.
PARTS_OF = {"pydantic_core"}  # pydantic

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def lines_of(node: ast.stmt) -> int:
    """Without decorators: a test's table of cases is no code to read at once."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def nodes(paths: list[str], kinds: tuple[type[ast.AST], ...]) -> Iterator[tuple[str, ast.AST]]:
    for path in paths:
        for node in ast.walk(tree(path)):
            if isinstance(node, kinds):
                yield path, node


def tops(path: str) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def matches(pattern: str, paths: list[str]) -> list[str]:
    found = re.compile(pattern)
    return [
        f"{path}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(text(path).splitlines(), 1)
        if found.search(line)
    ]


def test_no_file_is_longer_than_its_budget():
    sizes = {path: len(text(path).splitlines()) for path in python_files()}
    assert not {path: size for path, size in sizes.items() if size > LINES_A_FILE}


def test_no_function_is_longer_than_its_budget():
    found = [(path, node.name, lines_of(node)) for path, node in nodes(python_files(), FUNCTIONS)]
    assert not [each for each in found if each[2] > LINES_A_FUNCTION]


def test_no_class_is_longer_than_its_budget():
    found = [(path, node.name, lines_of(node)) for path, node in nodes(python_files(), (ast.ClassDef,))]
    assert not [each for each in found if each[2] > LINES_A_CLASS]


def test_every_python_file_says_in_its_first_line_what_it_is():
    assert not [path for path in python_files() if not ast.get_docstring(tree(path))]


@pytest.mark.parametrize(
    ("package", "strangers"), [("cfg", {"tasks", "algos"}), ("tasks", {"algos"}), ("algos", {"tasks"})]
)
def test_packages_meet_only_in_train_py(package, strangers):
    mine = [path for path in shipped() if path.startswith(f"{package}/")]
    assert not [path for path in mine if tops(path) & {"train", *strangers}]


def test_importing_the_packages_loads_nothing_heavy():
    heavy = {"torch", "ray", "rl_games", "gymnasium", "hydra", "pydantic", "tensorboard"}
    program = f"import sys, {', '.join(PACKAGES)}; print(*({heavy} & set(sys.modules)))"
    command = [sys.executable, "-c", program]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert loaded.split() == []


def test_rl_games_is_touched_only_where_the_architecture_says():
    section = text("docs/architecture.md").split("\n## Where rl_games is touched\n")[1].split("\n## ")[0]
    said = set(re.findall(r"^\| `([\w/]+\.py)` \|", section, re.MULTILINE))
    assert {path for path in shipped() if "rl_games" in tops(path)} == said


def test_every_third_party_import_is_a_declared_dependency():
    providers = importlib.metadata.packages_distributions()
    foreign = {top for path in shipped() for top in tops(path)}
    foreign -= {*PACKAGES, "train", *sys.stdlib_module_names, *PARTS_OF}
    owners = {top: {plain(name) for name in providers.get(top, [top])} for top in foreign}
    assert not {
        top: names for top, names in owners.items() if not names & requirements(*OF_EXTRAS.get(top, ()))
    }


ALLOWED_AT_TOP_LEVEL = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.Assign, ast.AnnAssign, *FUNCTIONS)
if sys.version_info >= (3, 12):
    ALLOWED_AT_TOP_LEVEL = (*ALLOWED_AT_TOP_LEVEL, ast.TypeAlias)


def acts_on_import(node: ast.stmt) -> bool:
    """Whether a top-level statement does more than name something."""
    if isinstance(node, ast.If):
        guard = ast.unparse(node.test)
        return not ("__name__" in guard or "TYPE_CHECKING" in guard)
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign):
        return any(not isinstance(target, (ast.Name, ast.Tuple)) for target in node.targets)
    return not isinstance(node, ALLOWED_AT_TOP_LEVEL)


def test_importing_a_module_only_names_things():
    statements = [(path, node) for path in shipped() for node in tree(path).body]
    assert not [f"{path}:{node.lineno}" for path, node in statements if acts_on_import(node)]


def test_no_function_passes_keyword_arguments_through_blindly():
    tunnels = {(path, node.name) for path, node in nodes(shipped(), FUNCTIONS) if node.args.kwarg}
    assert tunnels == DICTATED_KWARGS


def test_objects_are_probed_only_at_the_edges():
    calls = ((path, node) for path, node in nodes(shipped(), (ast.Call,)) if isinstance(node.func, ast.Name))
    probing = {
        path for path, node in calls if (node.func.id, len(node.args)) in {("hasattr", 2), ("getattr", 3)}
    }
    assert probing == PROBES_FOREIGN_OBJECTS


def compared(node: ast.AST) -> str | None:
    """What an `if` compares with a text, e.g. "name" of `if name == "ppo"`."""
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
        return None
    against = node.test.comparators[0]
    is_text = isinstance(against, ast.Constant) and isinstance(against.value, str)
    return ast.unparse(node.test.left) if is_text and isinstance(node.test.ops[0], ast.Eq) else None


def test_choices_by_name_are_tables_not_chains_of_branches():
    branches = [(path, node) for path, node in nodes(shipped(), (ast.If,)) if compared(node)]
    chained = [(path, node) for path, node in branches if node.orelse and compared(node.orelse[0])]
    assert not [f"{path}:{node.lineno}" for path, node in chained]
    assert not [f"{path}:{node.lineno}" for path, node in nodes(shipped(), (ast.Match,))]


def test_devices_are_named_in_one_place():
    assert {each.split(":")[0] for each in matches(r"cuda:\d|\.cuda\(\)", shipped())} == NAMES_DEVICES


def test_global_generators_are_seeded_in_one_place():
    numpys = r"np\.random\.(rand|seed|choice|uniform|normal)\b|\brandom\.seed\("
    pattern = rf"{numpys}|(?<!_)(?<!generator\.)\bmanual_seed\("
    assert {each.split(":")[0] for each in matches(pattern, shipped())} == SEEDS_GLOBALLY


def test_nothing_is_left_to_do():
    assert not matches(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b|raise NotImplementedError", shipped())


def test_no_committed_file_names_a_machine():
    pattern = r"/(?:home|root|work)/[\w.-]|https?://\S*(?:pypi|pythonhosted|debian|npmjs)"
    assert not matches(pattern, list(files()))
