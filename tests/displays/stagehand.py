"""Turns a ring by hand, on request: one line of JSON in, one line out. See House.do."""

from __future__ import annotations

import io
import json
import math
import os
import struct
import sys
import wave
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panic.settings")
django.setup()

from django.conf import settings  # noqa: E402  after Django is set up
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from assets import ingest  # noqa: E402
from displays import screens  # noqa: E402
from displays.feeds import find  # noqa: E402
from displays.models import Installation  # noqa: E402
from invocations import halts, runs, sayings  # noqa: E402
from invocations.engine import outcomes  # noqa: E402
from invocations.engine.claims import claim  # noqa: E402
from invocations.models import Run  # noqa: E402
from networks.models import Network  # noqa: E402
from realtime import progress  # noqa: E402


def hang(displays: list[dict[str, Any]], models: list[str]) -> dict[str, str]:
    """A network of these models with these displays; answers their addresses by name."""
    owner = User.objects.filter(is_active=True).order_by("id").first()
    assert owner is not None
    network = Network.create(
        owner,
        name="Stage",
        slots=[{"model": one, "parameters": {}, "fallback": None} for one in models],
        pacing=[{"until_seconds": None, "delay_seconds": 0}],
        lockout_seconds=0,
        public=True,
        replay=False,
    )
    installation = Installation.objects.create(network=network, name="Stage")
    return {one["name"]: installation.add(**one).get_absolute_url() for one in displays} | {
        "network": network.slug,
        "installation": installation.public_id,
    }


def start(network: str, prompt: str = "a red balloon") -> str:
    found = Network.objects.get(slug=network)
    started = runs.start_run(
        network=found, prompt=prompt, at=timezone.now() - timedelta(seconds=1), waive_lockout=True
    )
    return started.run.public_id


def work(run: str, texts: list[str]) -> int:
    """Carry the run on by one step for each text."""
    return _work(run, [outcomes.Result(text=text) for text in texts])


def sound(run: str) -> int:
    """The next step is a second of a tone."""
    return _work(run, [outcomes.Result(asset=ingest.store(io.BytesIO(_tone()), kind="audio"))])


def take(run: str) -> str:
    """The open step is at work from now on."""
    taken = _claimed(run)
    return str(taken.invocation.public_id)


def say(run: str, words: str) -> str:
    """The provider says something of the step that is at work."""
    step = Run.objects.get(public_id=run).invocations.get(state="invoking")
    data = {"run": run, "invocation": step.public_id, "status": words}
    progress.tell(step.network.topic, sayings.PROGRESSED, data)
    return str(step.public_id)


def press() -> str:
    """The red button; answers the press."""
    return str(halts.stop_all(pressed_by=None, at=timezone.now()).public_id)


def lift() -> int:
    return len(halts.resume_all(lifted_by=None, at=timezone.now()))


def session() -> str:
    """The cookie of the first admin, who has signed in."""
    admin = User.objects.first_admin()
    assert admin is not None
    client = Client()
    client.force_login(admin)
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def cells(installation: str, name: str) -> dict[str, str]:
    """The tiles as the database has them: id -> text."""
    display = find(installation, name)
    assert display is not None
    scene = screens.scene_of(display.installation.network)
    return {tile.id: tile.text for tile in screens.tiles_of(display, scene)}


def _work(run: str, results: list[outcomes.Result]) -> int:
    for result in results:
        taken = _claimed(run)
        outcomes.complete(taken, result, at=timezone.now())
    return Run.objects.get(public_id=run).invocations.count()


def _claimed(run: str) -> Any:
    step = Run.objects.get(public_id=run).invocations.open().get()
    taken = claim(step.pk, worker="stagehand:1:a", at=timezone.now())
    assert taken is not None
    return taken


def _tone() -> bytes:
    memory = io.BytesIO()
    with wave.open(memory, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        tone = (int(9000 * math.sin(n / 4)) for n in range(8000))
        file.writeframes(b"".join(struct.pack("<h", value) for value in tone))
    return memory.getvalue()


DEEDS: dict[str, Callable[..., Any]] = {
    "hang": hang,
    "start": start,
    "work": work,
    "sound": sound,
    "take": take,
    "say": say,
    "press": press,
    "lift": lift,
    "session": session,
    "cells": cells,
}


def main() -> None:
    for line in sys.stdin:
        what, arguments = json.loads(line)
        sys.stdout.write(json.dumps(DEEDS[what](**arguments)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
