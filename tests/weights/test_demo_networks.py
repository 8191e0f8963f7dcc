"""The demo networks that need only this machine, for fifty hops each and without any network."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from networks.demo_networks import DEMOS, Demo
from tests.weights.rings import run_ring

HOPS = 50
SECONDS = 300
FREE = [one for one in DEMOS if one.is_free]
ROOT = Path(__file__).resolve().parents[2]


@cache
def empty_network() -> list[str]:
    """What a command is run by to have no network at all; nothing where that is not allowed."""
    command = ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") is None:
        return []
    done = subprocess.run([*command, "true"], capture_output=True, check=False)
    return [] if done.returncode else command


@cache
def run_alone(demo_name: str, hops: int, weights: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.weights.rings", demo_name, str(hops), str(weights)]
    done = subprocess.run(
        [*empty_network(), *command], cwd=ROOT, capture_output=True, text=True, check=False,
        timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode not in {66, 67}, "it opened a connection"
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def weights_of(request: pytest.FixtureRequest) -> Any:
    def folder(demo: Demo) -> Path:
        if demo.extra:
            found: Path = request.getfixturevalue("local_extra")
            return found
        path: Path = next(iter(request.getfixturevalue("weights").values()))
        return path.parents[1]

    return folder


@pytest.mark.parametrize("demo", FREE, ids=lambda one: one.name)
def test_fifty_hops_without_a_network(demo: Demo, weights_of: Any) -> None:
    found = run_alone(demo.name, HOPS, weights_of(demo))

    texts = found["texts"]
    assert len(texts) >= HOPS * 2 // 5
    assert all(any(sign.isalnum() for sign in text) for text in texts)
    assert found["peak"] < 1200


@pytest.mark.parametrize("demo", FREE, ids=lambda one: one.name)
def test_the_same_seed_gives_the_same_first_ten_texts(
    demo: Demo, weights_of: Any, tmp_path: Path
) -> None:
    found = run_alone(demo.name, HOPS, weights_of(demo))

    again = run_ring(demo, HOPS, weights_of(demo), tmp_path, max_texts=10)

    assert again == found["texts"][:10]
