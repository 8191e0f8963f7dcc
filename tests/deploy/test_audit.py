"""No pin has a hole that we know of, and one that had would be found."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

from packaging.version import Version

SCRIPT = Path(__file__).resolve().parents[2] / "deploy/audit.py"
audit = SimpleNamespace(**runpy.run_path(str(SCRIPT), run_name="audit"))


def test_no_pin_has_a_known_hole() -> None:
    assert audit.findings(audit.pins()) == []


def test_an_older_pin_is_found() -> None:
    older = ("requirements.txt", "django", Version("5.2.1"))

    (found,) = audit.findings(iter([older]))

    assert found.startswith("requirements.txt: django 5.2.1 has CVE-")


def test_what_the_product_runs_on_is_looked_at() -> None:
    names = {name for _, name, _ in audit.pins()}

    assert {"django", "pillow", "cryptography"} <= names & audit.known_holes().keys()
