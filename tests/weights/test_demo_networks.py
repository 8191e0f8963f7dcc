"""The demo networks that need only this machine: fifty hops each at pacing 0, all at once, without any network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from networks.demo_networks import DEMOS, Demo
from tests.weights.conftest import found_local_extra, found_weights
from tests.weights.rings import COMPARED

pytestmark = pytest.mark.timeout(1800)  # twelve networks at once, on however busy a machine

HOPS = 50
MAX_HOST_MB = 1200
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


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of every demo network that can run here. Skips where weights are missing."""
    weights = found_weights()
    with_extra = found_local_extra()
    names = [one.name for one in FREE if with_extra or not one.extra]
    folder = tmp_path_factory.mktemp("rings")
    command = [sys.executable, "-m", "tests.weights.rings", str(HOPS), str(with_extra or weights)]
    playing = subprocess.Popen(
        [*empty_network(), *command, str(folder), *names],
        cwd=ROOT,
        env={**os.environ, "PANIC_TEST_EMPTY_NETWORK": "yes" if empty_network() else ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        answer, said = playing.communicate()
    finally:
        playing.terminate()
        playing.wait()
    assert playing.returncode == 0, said[-6000:]
    found: dict[str, Any] = json.loads(answer)
    return found


@pytest.fixture(params=FREE, ids=lambda one: one.name)
def texts(request: pytest.FixtureRequest, played: dict[str, Any]) -> list[list[str]]:
    """Those of a network's run, and those with which the same prompt and seed began again."""
    demo: Demo = request.param
    if demo.extra and demo.name not in played["networks"]:
        pytest.skip(f"local senses missing: make setup EXTRAS={demo.extra}")
    found = played["networks"][demo.name]
    assert not found["failed"]
    both: list[list[str]] = found["texts"]
    return both


def test_fifty_hops_without_a_network(texts: list[list[str]]) -> None:
    first, _ = texts

    assert len(first) >= HOPS * 2 // 5
    assert all(any(sign.isalnum() for sign in text) for text in first)


def test_the_same_prompt_and_seed_give_the_same_first_ten_texts(texts: list[list[str]]) -> None:
    first, again = texts

    assert first[:COMPARED] == again[:COMPARED]


def test_nothing_asked_for_another_machine(played: dict[str, Any]) -> None:
    assert played["connections"] == []


def test_the_model_host_stayed_small_with_all_of_them_at_once(played: dict[str, Any]) -> None:
    assert 0 < played["peak"] < MAX_HOST_MB
