"""The documents against the files: the README's tree, links. What commands do is tested next door."""

import re
from pathlib import PurePosixPath

from tests.source_tree import ROOT, files, text

UNLISTED = {".gitkeep", "py.typed"}


def readme_tree() -> dict[str, str]:
    """Path -> its half-line, from the indented block under "## Files"; a folder ends in a slash."""
    section = text("README.md").split("\n## Files\n")[1]
    block = re.search(r"^```text\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert block
    listed: dict[str, str] = {}
    folders: list[str] = []
    for line in block[1].splitlines():
        name, _, purpose = line.strip().partition(" ")
        folders = folders[: (len(line) - len(line.lstrip())) // 2]
        path = "".join([*folders, name])
        assert path not in listed, f"{path} is there twice"
        listed[path] = purpose.strip()
        if name.endswith("/"):
            folders.append(name)
    return listed


def test_the_readme_lists_every_file_and_no_other():
    listed = set(readme_tree())
    parents = {path for path in listed if any(other != path and other.startswith(path) for other in listed)}
    whole_folders = tuple(path for path in listed - parents if path.endswith("/"))
    named = {path for path in listed if not path.endswith("/")}
    kept = {path for path in files() if PurePosixPath(path).name not in UNLISTED}
    assert {path for path in kept if not path.startswith(whole_folders)} == named
    assert not [folder for folder in whole_folders if not any(path.startswith(folder) for path in files())]


def test_the_readme_gives_every_entry_its_half_line():
    assert not [path for path, purpose in readme_tree().items() if not purpose]


def test_links_between_documents_lead_somewhere():
    for document in (path for path in files() if path.endswith(".md")):
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text(document)):
            if "://" not in target:
                assert (ROOT / document).parent.joinpath(target).exists(), f"{document} links to {target}"
