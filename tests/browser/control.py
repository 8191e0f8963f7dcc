"""Changes the data of a web server on request: a line of JSON in, a line out. See WebServer.do."""

from __future__ import annotations

import io
import json
import math
import os
import struct
import sys
import wave
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panic.settings")
django.setup()

from django.conf import settings  # noqa: E402  after Django is set up
from django.db import transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from assets import ingest  # noqa: E402
from displays import installations, screens  # noqa: E402
from displays.feeds import find  # noqa: E402
from displays.models import Display, Installation, Kiosk  # noqa: E402
from displays.wall_states import wall_state_of_network  # noqa: E402
from farm.models import EnrolmentToken  # noqa: E402
from films import orders  # noqa: E402
from films.worker import FilmWorker  # noqa: E402
from invocations import halts, runs  # noqa: E402
from invocations.engine import outcomes  # noqa: E402
from invocations.engine.claims import Holder, claim_step  # noqa: E402
from invocations.events import InvocationProgressed  # noqa: E402
from invocations.models import Run  # noqa: E402
from invocations.states import Reason  # noqa: E402
from networks import changes, featured, sharing  # noqa: E402
from networks.models import Network, ShareRole, TerminalToken  # noqa: E402
from realtime.events import send  # noqa: E402


def create(displays: list[dict[str, Any]], models: list[str], **fields: Any) -> dict[str, str]:
    """A network of these models with these displays; answers their addresses by name."""
    owner = User.objects.filter(is_active=True).order_by("id").first()
    assert owner is not None
    usual = {"lockout_seconds": 0, "public": True, "open_terminal": True, "replay": False}
    network = Network.create(
        owner,
        name="Stage",
        slots=[{"model": one, "parameters": {}, "fallback": None} for one in models],
        pacing=[{"until_seconds": None, "delay_seconds": 0}],
        **(usual | fields),
    )
    installation = Installation.objects.create(network=network, name="Stage")
    return {one["name"]: installation.add(**one).get_absolute_url() for one in displays} | {
        "network": network.slug,
        "installation": installation.public_id,
    }


def set_fields(network: str, **fields: Any) -> int:
    """Settings of the network, as its owner saves them."""
    changes.change(network=Network.objects.get(slug=network), values=fields)
    return 1


def start(network: str, prompt: str = "a red balloon") -> str:
    found = Network.objects.get(slug=network)
    started = runs.start_run(
        network=found, prompt=prompt, at=timezone.now() - timedelta(seconds=1), waive_lockout=True
    )
    return started.run.public_id


def stop(run: str) -> str:
    """As its curator would."""
    found = Run.objects.get(public_id=run)
    runs.stop_run(run=found, reason=Reason.PERSON, at=timezone.now())
    return run


def work(run: str, texts: list[str]) -> int:
    """Carry the run on by one step for each text."""
    return _work(run, [outcomes.Result(text=text) for text in texts])


def sound(run: str) -> int:
    """The next step is a second of a tone."""
    return _work(run, [outcomes.Result(asset=ingest.store(io.BytesIO(_tone()), kind="audio"))])


def film(run: str) -> str:
    """Its owner orders a small film of the run."""
    found = Run.objects.select_related("network__owner").get(public_id=run)
    options = {"width": 160, "height": 90, "rate": 15, "seconds": 1, "fade": 0.2}
    made = orders.order_film(
        owner=found.network.owner,
        run=found,
        recipe="film-of-run",
        options=options,
        at=timezone.now(),
    )
    return str(made.public_id)


def film_tasks(most: int) -> int:
    """Carry out so many tasks of films; how many there were."""
    with closing(FilmWorker()) as worker:
        return sum(worker.work_once() for _ in range(most))


def take(run: str) -> str:
    """The open step is at work from now on."""
    taken = _claimed(run)
    return str(taken.invocation.public_id)


def say(run: str, words: str) -> str:
    """The provider says something of the step that is at work."""
    step = Run.objects.get(public_id=run).invocations.get(state="invoking")
    send(step.network.topic, InvocationProgressed(run, step.public_id, words))
    return str(step.public_id)


def change_display(installation: str, name: str, **given: Any) -> str:
    """As its curator saves it."""
    found = Installation.objects.get(public_id=installation)
    return installations.change_display(found, name, given).public_id


def have_hours(installation: str, closes_in: float, opens_in: float) -> str:
    """Open now; it closes and opens again in so many seconds."""
    clock = [timezone.now() + timedelta(seconds=at) for at in (-3600, closes_in, opens_in, 7200)]
    times = [at.strftime("%H:%M:%S") for at in clock]
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    hours = [
        {"days": days, "opens": opens, "closes": closes, "zone": "UTC"}
        for opens, closes in (times[:2], times[2:])
    ]
    with transaction.atomic():
        held = Installation.lock(Installation.objects.get(public_id=installation).pk)
        held.change(opening_hours=hours)
    return installation


def kiosks() -> int:
    """How many screens wait."""
    return Kiosk.objects.count()


def claim_screen(code: str, installation: str, name: str) -> int:
    display = Display.objects.get(installation__public_id=installation, name=name)
    return Kiosk.objects.filter(code=code.lower()).update(display=display)


def mute(installation: str) -> int:
    return Display.objects.filter(installation__public_id=installation).update(muted=True)


def network_id(slug: str) -> str:
    return str(Network.objects.get(slug=slug).public_id)


def press() -> str:
    """The stop-all button; answers the press."""
    return str(halts.stop_all(stopped_by=None, at=timezone.now()).public_id)


def lift() -> int:
    return len(halts.resume_all(lifted_by=None, at=timezone.now()).runs)


def session() -> str:
    """The cookie of the first admin, who has signed in."""
    admin = User.objects.first_admin()
    assert admin is not None
    client = Client()
    client.force_login(admin)
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def token(network: str) -> str:
    """A guest's key to the terminal."""
    return TerminalToken.issue(Network.objects.get(slug=network), at=timezone.now())[1]


def expire_tokens(network: str) -> int:
    """As after an hour."""
    return TerminalToken.objects.filter(network__slug=network).update(expires_at=timezone.now())


def revoke_tokens(network: str) -> int:
    return int(TerminalToken.objects.filter(network__slug=network).delete()[0])


def prompts(network: str) -> list[str]:
    """Those of its runs, oldest first."""
    runs_of_network = Run.objects.filter(network__slug=network).order_by("id")
    return list(runs_of_network.values_list("prompt", flat=True))


def state(network: str) -> str:
    """Of its newest run."""
    return str(Run.objects.filter(network__slug=network).latest("id").state)


def admin_password(password: str) -> str:
    """Gives the first admin this password; answers the e-mail address."""
    admin = User.objects.first_admin()
    assert admin is not None
    admin.set_password(password)
    admin.save(update_fields=["password"])
    return str(admin.email)


def enrolment_token() -> str:
    """For one machine of the farm."""
    admin = User.objects.first_admin()
    assert admin is not None
    return EnrolmentToken.issue(admin, at=timezone.now())[1]


def feature(network: str) -> int:
    featured.feature(network=Network.objects.get(slug=network), by=None)
    return 1


def attend(network: str) -> str:
    """The cookie of somebody who attends the network."""
    email = f"{network}@example.org"
    attendant = User.objects.filter(email=email).first() or User.objects.create_user(email)
    found, role = Network.objects.get(slug=network), ShareRole.ATTENDANT
    sharing.share(network=found, email=email, by=None, role=role)
    client = Client()
    client.force_login(attendant)
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def cells(installation: str, name: str) -> dict[str, str]:
    """The tiles as the database has them: id -> text."""
    display = find(installation, name)
    assert display is not None
    scene = wall_state_of_network(display.installation.network)
    return {tile.id: tile.text for tile in screens.tiles_of(display, scene)}


def _work(run: str, results: list[outcomes.Result]) -> int:
    for result in results:
        taken = _claimed(run)
        outcomes.complete(taken, result, at=timezone.now())
    return Run.objects.get(public_id=run).invocations.count()


def _claimed(run: str) -> Any:
    step = Run.objects.get(public_id=run).invocations.open().get()
    at = max(timezone.now(), step.due_at or timezone.now())  # boards are read meanwhile
    taken = claim_step(step.pk, holder=Holder("control:1:a"), at=at)
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


ACTIONS: dict[str, Callable[..., Any]] = {
    "create": create,
    "set": set_fields,
    "start": start,
    "stop": stop,
    "work": work,
    "sound": sound,
    "film": film,
    "film_tasks": film_tasks,
    "take": take,
    "say": say,
    "mute": mute,
    "network_id": network_id,
    "press": press,
    "change_display": change_display,
    "have_hours": have_hours,
    "kiosks": kiosks,
    "claim_screen": claim_screen,
    "lift": lift,
    "session": session,
    "cells": cells,
    "token": token,
    "expire_tokens": expire_tokens,
    "revoke_tokens": revoke_tokens,
    "prompts": prompts,
    "state": state,
    "admin_password": admin_password,
    "enrolment_token": enrolment_token,
    "feature": feature,
    "attend": attend,
}


def main() -> None:
    for line in sys.stdin:
        what, arguments = json.loads(line)
        sys.stdout.write(json.dumps(ACTIONS[what](**arguments)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
