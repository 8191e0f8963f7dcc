"""What the table of permissions is tried on: one network with everything on it, and who comes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from archive.models import ContactSheet
from assets.models import Asset
from credentials.models import Credential, Server
from displays.models import Display, Installation, Kiosk
from displays.models.board import Board
from farm.models import Assignment, BlockedWorker, EnrolmentToken, FarmWorker
from films import uploads
from films.models import Film
from invocations import runs, visitor_access
from invocations.engine import outcomes
from invocations.engine.claims import Holder, claim_step
from invocations.models import Attempt, Invocation, Run, StopAll
from networks import sharing
from networks.models import Network, ShareRole, TerminalToken
from notifications.models import Channel
from observatory import redraws
from streams.models import Broadcast, StreamTarget
from tests.panic.equipment import backups

WALL: dict[str, Any] = {"rows": 1, "columns": 2, "qr_corner": "top-left", "qr_target": "terminal"}
WALL |= {"panic_key": "F13"}
WHO = ("stranger", "guest", "other", "collaborator", "owner", "admin")
EVERYBODY = (*WHO, "attendant")  # who is told what others are, but for a few lines of their own


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: what is asked for, and what each of WHO is told."""

    method: str
    name: str
    path: str
    private: tuple[int, ...]
    public: tuple[int, ...] | None  # None: it has nothing to do with the network

    def __str__(self) -> str:
        return f"{self.method} {self.name or self.path}"

    def statuses(self, kind: str) -> dict[str, int]:
        found = self.private if kind == "private" or self.public is None else self.public
        return dict(zip(WHO, found, strict=True))


def rows(table: str, *, named: bool = False) -> list[Row]:
    return [_row(line, named=named) for line in table.strip().splitlines()]


def _row(line: str, *, named: bool) -> Row:
    asked, _, public = line.partition("|")
    words = asked.split()
    method, *name, path = words[: -len(WHO)]
    private = tuple(map(int, words[-len(WHO) :]))
    shown = tuple(map(int, public.split())) if public else None
    return Row(method, name[0] if named else "", path, private, shown)


def about_networks(found: Mapping[str, Row]) -> list[str]:
    """Those that are worth another question where the network is public."""
    return [key for key, row in found.items() if row.public is not None]


def filled(body: Any, places: Mapping[str, str]) -> Any:
    """With the names in braces replaced."""
    if not isinstance(body, Mapping):
        return body
    return {
        key: value.format(**places) if isinstance(value, str) else value
        for key, value in body.items()
    }


class Stage:
    """Alice owns the network, Carol helps with it, Bob has nothing to do with it, Root is an admin;
    a guest holds a token of its terminal, Frank attends it, and Dave is somebody to do something to."""

    def __init__(self, *, public: bool) -> None:
        self.kind = "public" if public else "private"
        create = User.objects.create_user
        self.people: dict[str, User] = {
            "owner": create("alice@example.org"),
            "collaborator": create("carol@example.org"),
            "other": create("bob@example.org"),
            "attendant": create("frank@example.org"),
            "admin": User.objects.create_superuser("root@example.org"),
        }
        self.tokens = {who: ApiToken.issue(one) for who, one in self.people.items()}
        self.sessions = {who: _session(one) for who, one in self.people.items()}
        self.network = Network.create(
            self.people["owner"],
            name="Whispers",
            slots=[{"model": "dummy:text-to-text"}],
            pacing=[{"until_seconds": None, "delay_seconds": 0}],
            public=public,
        )
        sharing.share(network=self.network, email="carol@example.org", by=None)
        attends = ShareRole.ATTENDANT
        sharing.share(network=self.network, email="frank@example.org", by=None, role=attends)
        self.guest_token, self.guest_text = TerminalToken.issue(self.network, at=timezone.now())
        self.places = self._furnish()

    def _furnish(self) -> dict[str, str]:
        """Where everything is, by the names that the table uses."""
        alice, at = self.people["owner"], timezone.now() - timedelta(minutes=5)
        run = runs.start_run(network=self.network, prompt="a red balloon", at=at).run
        self._carry_out(run)
        step = run.invocations.get(sequence=0)
        sheet = ContactSheet.make(run=run, sequences=[0], made_by=alice)
        hall = Installation.objects.create(network=self.network, name="Hall")
        display: Display = hall.add("wall", "grid", **WALL)
        server = Server.add(kind="compatible", name="Cellar", address="http://127.0.0.1:9/v1")
        dave = User.objects.create_user("dave@example.org")
        return {
            "slug": self.network.slug,
            "network_id": self.network.public_id,
            "claimed": _claimed(display),
            "topic": self.network.topic,
            "run": run.public_id,
            "run_id": run.public_id,
            **dict.fromkeys(("step", "invocation_id"), step.public_id),
            "sheet_id": sheet.public_id,
            "key": visitor_access.url_path(run).split("/")[2],
            "mine": visitor_access.withdrawal_token(run),
            "share_id": self.network.shares.earliest("pk").public_id,
            "token_id": self.guest_token.public_id,
            "installation_id": hall.public_id,
            "name": display.name,
            "code": display.code,
            "kiosk": Kiosk.wait(at=timezone.now()).code,
            "stop_all_id": StopAll.objects.create().public_id,
            "model_id": "dummy:text-to-text",
            **dict.fromkeys(("person", "person_id"), dave.public_id),
            **self._key(),
            **self._redraw(step),
            **self._equipment(),
            "his_token": ApiToken.issue(dave)[0].public_id,
            "language": "en",
            "media": "0" * 64,
            "server_id": server.public_id,
            "board_id": Board.add(alice, name="Board", key="a-key").public_id,
        }

    def _redraw(self, step: Invocation) -> dict[str, str]:
        at = timezone.now()
        made = redraws.begin(step=step, times=1, at=at, by=self.people["owner"])
        made.end(at)
        return {"redraw_id": made.public_id}

    def _equipment(self) -> dict[str, str]:
        made = Channel.add(
            self.people["owner"],
            name="Watch",
            address="json://127.0.0.1:9/",
            service="Webhook",
            occasions=["run-failed"],
        )
        at = timezone.now()
        machine, _ = FarmWorker.enrol(name="Machine", platform="", version="", at=at)
        taken = Attempt.objects.earliest("pk")
        Assignment.objects.create(attempt=taken, worker=machine)
        run = taken.invocation.run
        blocked = BlockedWorker.objects.create(run=run, worker=machine, model="farm:shout")
        return {
            "channel_id": made.public_id,
            "target_id": self._stream(),
            "workflow_id": "nothing",
            "worker_id": machine.public_id,
            "enrolment_id": EnrolmentToken.issue(self.people["admin"], at=at)[0].public_id,
            "film_key": self._shared_film(run),
            "upload_id": uploads.announce(owner=self.people["owner"], size=5, at=at).public_id,
            **backups(),
            "entry_id": blocked.public_id,
            "film_id": Film.objects.create(
                owner=self.people["owner"], run=run, recipe="film-of-run"
            ).public_id,
        }

    def _stream(self) -> str:
        """The network is to be on air, and nobody encodes it."""
        Broadcast.objects.create(network=self.network, wanted=True, state="starting")
        target = StreamTarget.add(
            self.network, name="Far", address="rtmp://live.example/app", key="", host="live.example"
        )
        return target.public_id

    def _shared_film(self, run: Run) -> str:
        """A finished one."""
        made = {"kind": "video", "content_type": "video/mp4", "extension": "mp4", "bytes": 5}
        film = Film.objects.create(
            owner=self.people["owner"],
            run=run,
            recipe="film-of-run",
            state="completed",
            output=Asset.objects.create(sha256="1" * 64, **made),
        )
        return film.share()

    def _key(self) -> dict[str, str]:
        """The owner's, lent to the collaborator; its platform has no way to be asked for nothing."""
        owner = self.people["owner"]
        key = Credential.store(owner=owner, platform="dummy", name="Studio", plain="a-key")
        loan = key.loans.create(email="carol@example.org")
        return {
            "credential_id": key.public_id,
            "loan_id": loan.public_id,
            "platform": "replicate",
        }

    def _carry_out(self, run: Run) -> None:
        """Its first step to its end, the way a worker would."""
        step = run.invocations.open().get()
        taken = claim_step(step.pk, holder=Holder("test"), at=step.due_at or timezone.now())
        assert taken is not None
        outcomes.complete(taken, outcomes.Result(text="red"), at=taken.attempt.started_at)

    # Coming in

    def asks_for_page(self, who: str, method: str, path: str, given: Mapping[str, Any]) -> Any:
        """As a browser would; a guest has the token in the address."""
        client = Client(raise_request_exception=False)
        if session := self.sessions.get(who):
            client.cookies[settings.SESSION_COOKIE_NAME] = session
        if who == "guest":
            path += f"{'&' if '?' in path else '?'}token={self.guest_text}"
        return client.get(path) if method == "GET" else client.post(path, given)

    def calls(self, who: str, method: str, path: str, body: object) -> Any:
        """As a program would."""
        headers = {}
        if who in self.people:
            headers["Authorization"] = f"Bearer {self.tokens[who][1]}"
        if who == "guest":
            headers["Authorization"] = f"Terminal {self.guest_text}"
        client = Client(raise_request_exception=False)
        content = b"" if body is None else json.dumps(body).encode()
        return client.generic(
            method, f"/api/v1{path}", content, "application/json", headers=headers
        )


def _session(person: User) -> str:
    """The cookie of somebody who has signed in."""
    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _claimed(display: Display) -> str:
    """The code of a screen that is the display."""
    kiosk = Kiosk.wait(at=timezone.now())
    kiosk.show(display)
    return kiosk.code


def undone(ask: Callable[[], Any]) -> Any:
    """The answer; whatever was done for it is not."""
    with transaction.atomic():
        answer = ask()
        if answer.streaming:
            b"".join(answer)
        transaction.set_rollback(True)
    return answer
