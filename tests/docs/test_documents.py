"""Documents: each is reachable from the index, and the files, modules and links they name exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INDEX = ROOT / "docs" / "index.md"
TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
DOCUMENTS = sorted([*(ROOT / name for name in TOP), *(ROOT / "docs").rglob("*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] not in "._"}
FOLDERS -= {"var"}  # exists only once the product has run
# Files that a reader would write, or that are made in the data folder.
EXAMPLES = {"platforms/adapters/acme.py", "static/fonts/"}
MADE = {"bench/latest.json", "rehearsal/latest.txt"}
# Types of events and ids of checks, which look like modules.
NOT_MODULES = re.compile(
    r"panic\.(pressed|lifted)|farm\.(token|secret|workers?)_\w+|platforms\.[EW]\d+"
)


def read(path: Path) -> str:
    return FENCE.sub("", path.read_text())


def linked(path: Path) -> Iterator[tuple[Path, str]]:
    for address, anchor in LINK.findall(read(path)):
        yield ((path.parent / address).resolve() if address else path), anchor


def named_paths(text: str) -> Iterator[str]:
    """`realtime/log.py`, `tests/pages/`, `static/js/live/*.js`: what begins with one of our folders."""
    for code in CODE.findall(text):
        for word in code.split():
            name = word.strip(".,;:()")
            head, slash, _ = name.partition("/")
            plain = re.fullmatch(r"[\w./*-]+", name) and "…" not in name and "//" not in name
            if slash and plain and head in FOLDERS and name not in EXAMPLES | MADE:
                yield name


def named_modules(text: str) -> Iterator[str]:
    """`realtime.log.append`: what begins with one of our packages, written with dots."""
    packages = {name for name in FOLDERS if (ROOT / name / "__init__.py").exists()}
    for code in CODE.findall(text):
        for name in re.findall(r"(?<![\w./-])[a-z_]+(?:\.\w+)+", code):
            ours = name.partition(".")[0] in packages and not NOT_MODULES.fullmatch(name)
            if ours and not name.endswith((".py", ".md", ".js")):
                yield name


def module_exists(name: str) -> bool:
    """Whether a module of this name exists, or one that defines or imports the last parts."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:length])
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if file.exists() or path.is_dir():
            rest = parts[length:]
            return not rest or (file.exists() and defines(file, rest[0]))
    return False


def defines(file: Path, name: str) -> bool:
    pattern = rf"^\s*(?:(?:async )?def|class) {name}\b|^\s*{name}\b\s*[:=]|import .*\b{name}\b|\b{name}\b,"
    return re.search(pattern, file.read_text(), re.MULTILINE) is not None


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", read(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_document_is_reachable_from_the_index() -> None:
    reached, waiting = {INDEX}, [INDEX]
    while waiting:
        for target, _ in linked(waiting.pop()):
            if target.suffix == ".md" and target not in reached and target.exists():
                reached.add(target)
                waiting.append(target)

    assert set(DOCUMENTS) - reached == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_every_link_of_a_document_leads_somewhere(path: Path) -> None:
    lost = [
        f"{target.relative_to(ROOT)}#{anchor}"
        for target, anchor in linked(path)
        if not target.exists() or (anchor and anchor not in anchors(target))
    ]

    assert lost == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_every_file_and_module_that_a_document_names_exists(path: Path) -> None:
    text = read(path)
    lost = [name for name in named_paths(text) if not any(ROOT.glob(name.rstrip("/")))]
    lost += [name for name in named_modules(text) if not module_exists(name)]

    assert lost == []


def test_the_licence_of_every_requirement_is_listed() -> None:
    pins = re.findall(
        r"^([\w.-]+)(?:\[.*\])?==", (ROOT / "requirements.txt").read_text(), re.MULTILINE
    )
    listed = set(re.findall(r"[\w-]+", (ROOT / "docs" / "licences.md").read_text()))

    assert set(pins) - listed == set()
