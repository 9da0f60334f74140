"""What there is to choose from, with a line each. Reads file names and first lines; composes nothing."""

import re
from collections.abc import Mapping
from pathlib import Path

from cfg.choices import VEC_ENVS
from cfg.errors import ConfigError, did_you_mean
from cfg.spec import algorithms

ROOT = Path(__file__).parent
GROUPS = {"tasks": "task", "train": "train", "networks": "network"}
KINDS = (*GROUPS, "algos", "vec_envs", "observers")

Entry = tuple[str, str]


def available(kind: str) -> list[Entry]:
    """Names and descriptions of one kind of KINDS, sorted. Raises ConfigError for an unknown kind."""
    if kind in GROUPS:
        group = GROUPS[kind]
        shipped = [(name, _description(ROOT / group / f"{name}.yaml")) for name in group_names(group)]
        return sorted([*shipped, *_AUTO.get(kind, [])])
    described = {spec.name: spec.description for spec in algorithms()}
    tables: dict[str, Mapping[str, str]] = {"algos": described, "vec_envs": VEC_ENVS, "observers": {}}
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
        blocks.append("\n".join([f"{each}:", *(lines or ["  none yet"])]))
    return "\n\n".join(blocks) + "\n"


def group_names(group: str) -> list[str]:
    """Choices of a group of YAML files: task, train or network."""
    return sorted(path.stem for path in (ROOT / group).glob("*.yaml"))


def top_level_keys() -> list[str]:
    """The keys of the command line."""
    return re.findall(r"^(\w+):", (ROOT / "config.yaml").read_text(encoding="utf-8"), re.MULTILINE)


def _description(path: Path) -> str:
    """The `description:` of a YAML file, else its first line of comment."""
    text = path.read_text(encoding="utf-8")
    found = re.search(r"^description:\s*(.+)$", text, re.MULTILINE) or re.match(
        r"#\s*(.+)$", text, re.MULTILINE
    )
    return found.group(1).strip().strip("\"'") if found else ""


_AUTO: dict[str, list[Entry]] = {
    "networks": [("auto", "The train's own network, else one fitted to the observations")]
}
