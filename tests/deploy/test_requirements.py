"""The pinned requirements are whole, exact, and made from what is asked for. Works offline."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
INSTALLERS = {"pip", "setuptools", "wheel"}  # every virtual environment brings its own
PAIRS = [
    "requirements",
    "requirements-dev",
    "requirements-films",
    "requirements-local",
    "requirements-research",
]


def asked_for(name: str) -> list[Requirement]:
    lines = (ROOT / f"{name}.in").read_text().splitlines()
    return [Requirement(line) for line in lines if line and line[0] not in "#-"]


def pinned(name: str) -> dict[str, str]:
    lines = (ROOT / f"{name}.txt").read_text().splitlines()
    pins = [re.match(r"([\w.-]+)==([^\s;\\]+)", line) for line in lines]
    return {canonicalize_name(pin[1]): pin[2] for pin in pins if pin}


@pytest.mark.parametrize("name", PAIRS)
def test_every_line_is_an_exact_pin(name: str) -> None:
    lines = (ROOT / f"{name}.txt").read_text().splitlines()

    loose = [line for line in lines if line and line[0] not in "# " and "==" not in line]

    assert loose == []


@pytest.mark.parametrize("name", PAIRS)
def test_what_is_asked_for_is_pinned_as_asked(name: str) -> None:
    pins = pinned(name)

    stale = [
        str(wanted)
        for wanted in asked_for(name)
        if not wanted.specifier.contains(pins.get(canonicalize_name(wanted.name), "0.0.0.dev0"))
    ]

    assert stale == [], "run `make lock`"


@pytest.mark.parametrize("name", PAIRS)
def test_whatever_a_pinned_package_needs_is_pinned_too(name: str) -> None:
    pins = pinned("requirements") | pinned(name)
    missing = []
    todo = [(wanted.name, frozenset(wanted.extras)) for wanted in asked_for(name)]
    seen = set()
    while todo:
        if (package := todo.pop()) in seen:
            continue
        seen.add(package)
        for need in needs(*package):
            todo.append((need.name, frozenset(need.extras)))
            pin = pins.get(canonicalize_name(need.name))
            if pin is None or not need.specifier.contains(pin, prereleases=True):
                missing.append(f"{package[0]} needs {need}, pinned is {pin}")

    assert missing == [], "run `make lock`"


def needs(package: str, extras: frozenset[str]) -> list[Requirement]:
    """What the installed package asks for on this machine, with these extras."""
    try:
        lines = requires(package) or []
    except PackageNotFoundError:
        return []
    found = [Requirement(line) for line in lines]
    return [
        need
        for need in found
        if need.marker is None
        or any(need.marker.evaluate({"extra": extra}) for extra in (extras or {""}))
        or need.marker.evaluate({"extra": ""})
    ]


@pytest.mark.parametrize("name", PAIRS)
def test_what_is_installed_is_what_is_pinned(name: str) -> None:
    wrong = []
    for package, pin in pinned(name).items():
        try:
            found = version(package)
        except PackageNotFoundError:
            continue  # only for another system or Python
        if Version(found) != Version(pin) and package not in INSTALLERS:
            wrong.append(f"{package} {found}, pinned is {pin}")

    assert wrong == [], "run `make setup` or `make lock`"
