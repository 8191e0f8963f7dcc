"""A film whose chunks a real `panic-worker` works on, beside the processes of the server's machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chaos.test_film_kills import send
from tests.farm_machine import FarmMachine
from tests.operations.clips import moving_sprite, write_clip
from tests.stack import Stack

PATIENCE = 180.0
PICTURES, RATE = 320, 8  # forty seconds: at least ten chunks, so that both sides get some
ORDER = """
import json
from django.utils import timezone
from films import orders
from films.models import Upload
upload = Upload.objects.get(public_id={upload!r})
film = orders.order_film(owner=upload.owner, upload=upload, recipe="interpolate",
    options={{"factor": 2, "keep_audio": False}}, at=timezone.now())
print(json.dumps(film.public_id))
"""
LOOK = """
import json
from farm.models import TaskAssignment
from films.models import Film
film = Film.objects.get(public_id={film!r})
tasks = film.tasks.filter(operation="interpolate")
far = TaskAssignment.objects.filter(attempt__film=film, attempt__outcome="completed")
print(json.dumps({{"state": film.state, "error": film.error, "tasks": tasks.count(),
    "far": far.count(), "said": [one.log for one in far], "frames": film.provenance["clip"]["frames"],
    "seconds": film.output.seconds if film.output else None}}))
"""


@pytest.fixture
def client(stack: Stack) -> Iterator[httpx.Client]:
    """An admin's, of a running stack."""
    token = stack.token(admin=True)
    stack.start()
    with stack.client(token) as one:
        yield one


@pytest.fixture
def machine(stack: Stack, client: httpx.Client, tmp_path: Path) -> Iterator[FarmMachine]:
    one = FarmMachine(tmp_path / "machine")
    token = client.post("/api/v1/workers/tokens").raise_for_status().json()["token"]
    one.enrol(stack.base_url, token, "[operations]\n")
    one.start()
    stack.wait_until(lambda: "signed on" in one.log(), PATIENCE, "the worker is there")
    yield one
    one.kill()


def asked(stack: Stack, code: str) -> Any:
    return json.loads(stack.manage("shell", "-v", "0", "-c", code))


def test_a_film_is_made_with_the_help_of_the_farm(
    stack: Stack, client: httpx.Client, machine: FarmMachine, tmp_path: Path
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", moving_sprite(PICTURES, 320, 240), rate=RATE)
    film = asked(stack, ORDER.format(upload=send(stack, client, clip)))

    def whole() -> dict[str, Any]:
        found: dict[str, Any] = asked(stack, LOOK.format(film=film))
        return found

    stack.wait_until(
        lambda: whole()["state"] in ("completed", "failed"), PATIENCE, "the film is finished"
    )

    end = whole()
    assert (end["state"], end["error"]) == ("completed", "")
    assert 0 < end["far"] <= end["tasks"], machine.log()
    assert abs(end["seconds"] - PICTURES / RATE) <= 1 / RATE
