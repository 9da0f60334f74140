"""What there is to choose from, with a line each. Reads file names and first lines; composes nothing."""

import re
from collections.abc import Mapping
from pathlib import Path

from cfg import folders
from cfg.choices import VEC_ENVS
from cfg.errors import ConfigError, did_you_mean
from cfg.folders import GROUPS, Choice
from cfg.plugins import OWN, Plugin, plugins, usable
from cfg.spec import algorithms, load_spec

KINDS = (*GROUPS, "algos", "vec_envs", "observers")

Entry = tuple[str, str]


def available(kind: str) -> list[Entry]:
    """Names and descriptions of one kind of KINDS, sorted. Raises ConfigError for an unknown kind."""
    if kind in GROUPS:
        found = [(name, _of_choice(choice)) for name, choice in folders.choices(GROUPS[kind]).items()]
        return sorted([*found, *_AUTO.get(kind, [])])
    described = {spec.name: _from(spec.description, origin) for spec, origin in algorithms().items()}
    tables: dict[str, Mapping[str, str]] = {
        "algos": described,
        "vec_envs": {**VEC_ENVS, **_named(plugins("vec_envs", VEC_ENVS))},
        "observers": _named(plugins("observers")),
    }
    if kind not in tables:
        raise ConfigError(f"--list {kind} is not known", did_you_mean(kind, KINDS))
    return sorted(tables[kind].items())


def listed(kind: str | None) -> str:
    """The text of `--list [kind]`: every kind where none is named."""
    blocks = []
    for each in KINDS if kind is None else (kind,):
        entries = available(each)
        width = max((len(name) for name, _ in entries), default=0)
        lines = [f"  {name:{width}}  {description}".rstrip() for name, description in entries]
        blocks.append("\n".join([f"{each}:", *(lines or ["  none"])]))
    return "\n\n".join(blocks) + "\n"


def left_out() -> list[str]:
    """A line with the cause for each plug-in that cannot be imported, and that everything else does without.

    YAMLs and SPECs are looked for in every run; what the other groups name is imported, and judged, on use.
    """
    broken = {**usable("configs", folders.find_folder)[1], **usable("algorithms", load_spec)[1]}
    return [str(error) for error in broken.values()]


def group_names(group: str) -> list[str]:
    """Choices of a group of YAML files: task, train or network."""
    return sorted(folders.choices(group))


def top_level_keys() -> list[str]:
    """The keys of the command line."""
    text = (folders.ROOT / "config.yaml").read_text(encoding="utf-8")
    return re.findall(r"^(\w+):", text, re.MULTILINE)


def _of_choice(choice: Choice) -> str:
    return _from(_description(choice.path), choice.origin)


def _named(found: Mapping[str, Plugin]) -> dict[str, str]:
    """What plug-ins name, without importing it: what it says of itself may need torch."""
    return {name: _from(plugin.target, plugin.origin) for name, plugin in found.items()}


def _from(description: str, origin: str) -> str:
    return description if origin == OWN else f"{description} (from {origin})"


def _description(path: Path) -> str:
    """The `description:` of a YAML file, else its first line of comment."""
    text = path.read_text(encoding="utf-8", errors="replace")  # who chooses it is told what is wrong with it
    found = re.search(r"^description:\s*(.+)$", text, re.MULTILINE) or re.match(
        r"#\s*(.+)$", text, re.MULTILINE
    )
    return found.group(1).strip().strip("\"'") if found else ""


_AUTO: dict[str, list[Entry]] = {
    "networks": [("auto", "The train's own network, else one fitted to the observations")]
}
