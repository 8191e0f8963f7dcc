"""`deploy/audit.py`: do the pins have holes that we know of, and does what is installed fit together?

Without a network: it knows what known_holes.txt knows. Exit status 1 where anything is found.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^([\w.-]+)(?:\[.*\])?==([^\s;]+)", re.MULTILINE)


def known_holes() -> dict[str, tuple[Version, str]]:
    """By package: the least version without a hole that we know of, and who says so."""
    lines = (ROOT / "panic/known_holes.txt").read_text().splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): (Version(least), advisory) for name, least, advisory in rows}


def pins() -> Iterator[tuple[str, str, Version]]:
    """File, package, version."""
    for path in sorted(ROOT.glob("requirements*.txt")):
        for name, version in PIN.findall(path.read_text()):
            yield path.name, canonicalize_name(name), Version(version)


def findings(pinned: Iterator[tuple[str, str, Version]]) -> list[str]:
    holes = known_holes()
    return [
        f"{file}: {name} {version} has {holes[name][1]}; closed in {holes[name][0]}."
        for file, name, version in pinned
        if name in holes and version < holes[name][0]
    ]


def main() -> int:
    found = findings(pins())
    for line in found:
        print(line)  # noqa: T201
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "check"]
    fits = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)  # noqa: S603
    if fits.returncode:
        print(fits.stdout)  # noqa: T201
    return 1 if found or fits.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
