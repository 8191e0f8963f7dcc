"""The command line, against a server that runs: what it prints, and with what status it ends."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.stack import ROOT, Stack

NO_WAITING = {
    "lockout_seconds": 60,
    "pacing": [{"until_seconds": None, "delay_seconds": 0}],
    "budgets": {"laps_per_run": 2},
}
RING = ["dummy:text-to-image", "dummy:image-to-text"]


class Shell:
    """`python -m panic.cli`, with an address and a token in its environment."""

    def __init__(self, stack: Stack, token: str) -> None:
        self._environment = {**stack.environment, "PANIC_URL": stack.base_url, "PANIC_TOKEN": token}

    def open(self, *words: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        command = [sys.executable, "-m", "panic.cli", *words]
        return subprocess.Popen(
            command, cwd=ROOT, env=self._environment, stdout=pipe, stderr=pipe, text=True
        )

    def run(self, *words: str, status: int = 0) -> str:
        """What it says, after making sure of the status that it ends with."""
        process = self.open(*words)
        said, complained = process.communicate(timeout=180)
        assert process.returncode == status, said + complained
        return said if status == 0 else complained

    def json(self, *words: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.run("--json", *words).splitlines()]


@pytest.fixture
def shell(stack: Stack) -> Shell:
    token = stack.token(admin=True)
    stack.start()
    return Shell(stack, token)


@pytest.fixture
def fields(tmp_path: Path) -> str:
    file = tmp_path / "fields.json"
    file.write_text(json.dumps(NO_WAITING))
    return str(file)


def test_a_shell_can_do_what_a_curator_does(shell: Shell, stack: Stack, fields: str) -> None:
    assert "text → image" in shell.run("models", "list", "--all")
    assert RING[0] in shell.run("networks", "create", "Whispers", *RING, "--from", fields)
    assert "whispers" in shell.run("networks", "list")

    watched = shell.run("runs", "start", "whispers", "a", "red", "moth", "--watch").splitlines()
    assert "a red moth" in watched[0]
    assert [line.split()[0] for line in watched[1:-1]] == ["0", "1", "2", "3"]
    assert watched[-1].startswith("completed (lap_limit): 4 steps")

    refused = shell.run("runs", "start", "whispers", "too soon", status=1)
    assert refused == "The last prompt has only just begun; wait until its time is up.\n"
    slow = [{"model": "dummy:text-to-text", "parameters": {"delay_seconds": 30}}]
    path = Path(fields)
    path.write_text(json.dumps({"slots": slow}))
    shell.run("networks", "create", "Slow", "--from", fields)
    run = shell.json("runs", "start", "slow", "wait")[0]["id"]
    for verb, state in (("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        assert state in shell.run("runs", verb, run)
    assert shell.run("runs", "resume", run, status=1) == "A stopped run cannot become running.\n"
    assert "stopped_by_person" in shell.run("runs", "show", run)
    logged = (stack.data_dir / "logs" / "panic.log").read_text()
    assert f"run ended: run={run} state=stopped reason=stopped_by_person network=slow" in logged
    assert "state=completed reason=lap_limit network=whispers" in logged  # said by a worker
    assert [one["id"] for one in shell.json("runs", "list", "--state", "stopped")] == [run]

    assert "Nothing starts until" in shell.run("stop-all")
    assert "an admin has to press Resume" in shell.run("runs", "start", "slow", "x", status=1)
    assert shell.run("resume-all").startswith("Lifted; 0 runs go on.")


def test_a_shell_is_told_what_is_wrong(shell: Shell, stack: Stack, fields: str) -> None:
    stranger = Shell(stack, "")

    assert shell.run("networks", "show", "nowhere", status=1) == "There is no such network.\n"
    assert "Say who you are" in stranger.run("stop-all", status=1)
    assert "Slot 1" in shell.run("networks", "create", "Odd", RING[1], status=1)
    assert "usage:" in shell.run("runs", "dance", status=2)
    assert "No such file" in shell.run("networks", "create", "X", "--from", "gone.json", status=2)
    assert "begins with http" in shell.run("--url", "ftp://x", "models", "list", status=2)


def test_events_are_followed_across_the_death_of_the_server(
    shell: Shell, stack: Stack, fields: str
) -> None:
    endless = NO_WAITING | {
        "budgets": {"laps_per_run": 40},
        "pacing": [{"until_seconds": None, "delay_seconds": 0.05}],
    }
    Path(fields).write_text(json.dumps(endless))
    shell.run("networks", "create", "Whispers", *RING, "--from", fields)
    follower = shell.open("--json", "events", "follow", "whispers", "--all", "--every", "0.1")
    assert follower.stdout is not None

    run = shell.json("runs", "start", "whispers", "a red moth")[0]["id"]
    heard = [json.loads(follower.stdout.readline()) for _ in range(10)]
    stack.kill("web")
    until = time.monotonic() + 300
    while heard[-1]["event"] != "run.completed":
        assert time.monotonic() < until
        heard.append(json.loads(follower.stdout.readline()))
    follower.terminate()
    follower.communicate(timeout=60)

    numbers = [int(one["cursor"].partition(":")[2]) for one in heard]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {one["data"]["run"] for one in heard} == {run}
