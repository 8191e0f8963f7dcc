"""The rules for code and documents that a machine can check."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST = {".py": 400, ".html": 120, ".js": 100}
LONGEST_FUNCTION = 40
VAGUE_FUNCTIONS = {"of", "told", "heard", "drawn", "heed", "hang"}
NAMED_BY_DJANGO = {"Meta", "Command"}
# What a framework calls by a name of its own
CALLED_BY_FRAMEWORKS = re.compile(
    r"__\w+__|\w+Config|clean_\w+|has_\w+_permission|check_migrations|get_response_async|process_exception"
    "|allow_request|get_openapi_operation_id|run_validators|from_db_value|value_to_string"
    "|join_thread|spawn_worker|spawn_monitor"
)
PLAIN_DECORATORS = {"property", "cached_property", "classmethod", "staticmethod"}
FORBIDDEN_NAMES = {"utils", "helpers", "services", "managers", "misc"}
# The pieces are joined here, so that this file does not contain what it forbids.
OTHER_PEOPLES_PLACES = re.compile(
    "|".join(
        (
            "/" + "root/",
            "/" + "work/",
            "/" + r"home/\w",
            "/" + r"Users/\w",
            "pypi" + r"\.\w+\.internal",
        )
    )
)


def tracked(*patterns: str) -> list[Path]:
    """Files of the checkout: tracked, or about to be."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [
        ROOT / name for name in sorted(set(listing.split("\0"))) if name and (ROOT / name).is_file()
    ]


def names(paths: list[str]) -> str:
    return "\n".join(paths)


def sources() -> list[Path]:
    return [path for path in tracked("*.py") if "migrations" not in path.parts]


class Definition(NamedTuple):
    """A function or a class, methods and nested ones included."""

    path: Path  # from the checkout on
    line: int
    lines: int
    name: str
    is_class: bool
    decorators: frozenset[str]

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"

    @property
    def folder(self) -> str:
        return self.path.parts[0]


@cache
def definitions() -> list[Definition]:
    """Of all sources: read once, because it takes seconds."""
    return [
        Definition(
            path.relative_to(ROOT),
            node.lineno,
            (node.end_lineno or node.lineno) - node.lineno + 1,
            node.name,
            isinstance(node, ast.ClassDef),
            frozenset(map(ast.unparse, node.decorator_list)),
        )
        for path in sources()
        for node in _statements(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All within, at any depth. What they consist of is most of a tree, and defines nothing."""
    for within in ("body", "orelse", "handlers", "finalbody", "cases"):
        found = getattr(node, within, ())
        for one in found if isinstance(found, list) else ():  # the body of a lambda is none
            yield one
            yield from _statements(one)


def packages() -> list[str]:
    """Those of the product."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found: list[str] = settings["tool"]["importlinter"]["root_packages"]
    return found


def test_nothing_is_defined_that_nobody_uses() -> None:
    texts = [path.read_text() for path in tracked("*.py", "*.html", "*.toml")]
    ours = set(packages())
    named = Counter(word for text in texts for word in re.findall(r"\w+", text))

    unused = [
        f"{one.place} {one.name}"
        for one in definitions()
        if one.folder in ours
        and named[one.name] == 1
        and one.decorators <= PLAIN_DECORATORS
        and not CALLED_BY_FRAMEWORKS.fullmatch(one.name)
    ]

    assert not unused, names(unused)


def documentation() -> str:
    return "\n".join(path.read_text() for path in tracked("*.md"))


@pytest.mark.parametrize(("suffix", "most"), LONGEST.items())
def test_no_file_is_too_long(suffix: str, most: int) -> None:
    files = sources() if suffix == ".py" else tracked(f"*{suffix}")
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in files}

    too_long = [f"{path}: {length} lines" for path, length in lengths.items() if length > most]

    assert not too_long, names(too_long)


def test_no_function_is_too_long() -> None:
    too_long = [
        f"{one.place} {one.name}: {one.lines} lines"
        for one in definitions()
        if not one.is_class and one.lines > LONGEST_FUNCTION
    ]

    assert not too_long, names(too_long)


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = [str(path) for path in sources() if path.stem in FORBIDDEN_NAMES]

    assert not drawers, names(drawers)


def test_no_tracked_file_names_a_place_of_somebodys_machine() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}:{number}: {match.group()}"
            for number, line in enumerate(text.splitlines(), 1)
            if (match := OTHER_PEOPLES_PLACES.search(line))
        ]

    assert not found, names(found)


def test_every_environment_variable_is_documented() -> None:
    settings = (ROOT / "panic/settings.py").read_text() + (
        ROOT / "panic/environment.py"
    ).read_text()
    calls = r'(?:boolean|integer|choice|url|text|words|secret|encryption_keys|database)\(\s*"([A-Z][A-Z0-9_]+)"'
    variables = set(re.findall(calls, settings)) | set(
        re.findall(r'"([A-Z]+_(?:API_KEY|API_TOKEN|BASE_URL))"', settings)
    )
    known = (ROOT / "docs/configuration.md").read_text()

    undocumented = sorted(name for name in variables if f"`{name}`" not in known)

    assert len(variables) > 20
    assert not undocumented, names(undocumented)


def test_every_management_command_is_documented() -> None:
    commands = [
        path.stem
        for path in sources()
        if path.parent.name == "commands" and path.stem != "__init__"
    ]
    known = documentation()

    undocumented = [name for name in commands if not re.search(rf"\b{name}\b", known)]

    assert not undocumented, names(undocumented)


def test_every_make_target_is_documented() -> None:
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    known = documentation()

    undocumented = [name for name in targets if f"make {name}" not in known]

    assert not undocumented, names(undocumented)


def test_nobody_reads_the_environment_behind_the_settings_back() -> None:
    allowed = {"panic/environment.py", "panic/supervisor/children.py"}
    # These know no settings; the settings name the folder of weights for the latter.
    allowed |= {"panic/cli/__main__.py", "operations/weights.py"}
    readers = [
        name
        for path in sources()
        if (name := str(path.relative_to(ROOT))) not in allowed
        and not name.startswith(("tests/", "deploy/", "bench/", "rehearsal/", "worker/"))
        and re.search(r"os\.(environ\[|environ\.get|getenv)", path.read_text())
    ]

    assert not readers, names(readers)


def test_a_class_name_means_one_thing() -> None:
    places = defaultdict(list)
    ours = {*packages(), "worker"}
    for one in definitions():
        if one.is_class and one.folder in ours and one.name not in NAMED_BY_DJANGO:
            places[one.name].append(one.place)

    twice = [f"{name}: {', '.join(found)}" for name, found in places.items() if len(found) > 1]

    assert not twice, names(twice)


def test_a_function_says_what_it_does() -> None:
    vague = [
        f"{one.place} {one.name}"
        for one in definitions()
        if not one.is_class and one.name in VAGUE_FUNCTIONS
    ]

    assert not vague, names(vague)


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    """But for the models of one app, which refer to each other as their tables do."""
    graph = grimp.build_graph(*packages(), exclude_type_checking_imports=True, cache_dir=None)
    imports: dict[str, set[str]] = defaultdict(set)
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            if _as_one(module) != _as_one(imported):
                imports[_as_one(module)].add(_as_one(imported))

    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


def _as_one(module: str) -> str:
    """The app's models for any module of theirs."""
    app, _, rest = module.partition(".")
    return f"{app}.models" if rest.startswith("models.") else module


def test_every_document_is_reachable_from_the_index() -> None:
    reached: set[Path] = set()
    ahead = [ROOT / "docs" / "index.md"]
    while ahead:
        page = ahead.pop()
        reached.add(page)
        for link in re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", page.read_text()):
            linked = (page.parent / link).resolve()
            assert linked.is_file(), f"{page.relative_to(ROOT)} links to {link}, which is not there"
            if linked not in reached:
                ahead.append(linked)

    missing = [str(path.relative_to(ROOT)) for path in tracked("*.md") if path not in reached]

    assert not missing, names(missing)


def test_no_folder_within_a_session_is_left_out() -> None:
    """A pattern without a slash is compared with a folder's name alone, wherever it lies."""
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    left_out = patterns["norecursedirs"]
    folders = {path.parent for path in tracked("tests/*/*.py", "tests/**/*.py")}

    sessions = {ROOT / pattern for pattern in left_out if "/" in pattern}
    lost = [
        str(folder.relative_to(ROOT))
        for folder in folders - sessions
        if any(fnmatch(folder.name, pattern) for pattern in left_out)
    ]

    assert sessions <= {ROOT / "tests" / "live", *folders}
    assert lost == []
