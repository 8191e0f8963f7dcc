"""A run to be packed, and ways to pack and unpack it."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.models import User
from archive.bundles import writing
from assets import ingest
from invocations.models import Attempt, Invocation, Run
from networks.models import Network, Person
from networks.rings import Slot
from tests.assets import samples

AT = timezone.now()


@pytest.fixture
def network(db: None) -> Network:
    alice = User.objects.create_user("alice@example.org")
    slots = [Slot("dummy:text-to-image").as_json(), Slot("dummy:image-to-text").as_json()]
    return Network.create(alice, name="Whispers", slots=slots)


@pytest.fixture
def run(network: Network) -> Run:
    """Over, with words, a picture, a sound and a step that failed."""
    picture = ingest.store(samples.image("PNG"), kind="image")
    sound = ingest.store(samples.sound("wav"), kind="audio")
    made = Run.objects.create(
        network=network,
        prompt="a <red> “balloon”\n& more",
        ring=network.slots,
        state="failed",
        reason="error",
        detail="secret detail",
        usd=0.75,
        lockout_until=AT,
        ended_at=AT,
    )
    shared = {"run": made, "network": network, "created_at": AT, "started_at": AT, "ended_at": AT}
    rows: list[dict[str, Any]] = [
        {"input_text": made.prompt, "output_asset": picture, "seconds": 1.5, "usd": 0.5},
        {"input_asset": picture, "output_text": "ä balloon", "substituted": True},
        {"input_text": "ä balloon", "output_asset": sound, "fallen_back": True},
        {"input_asset": sound, "state": "failed", "error_code": "refused", "error_detail": "key!"},
    ]
    for n, row in enumerate(rows):
        step = {"state": "completed", "model": "dummy:text-to-image", "slot": n % 2, "sequence": n}
        Invocation.objects.create(**{**shared, **step, **row})
    Attempt.objects.create(
        invocation=made.invocations.get(sequence=0),
        network=network,
        number=1,
        platform="dummy",
        worker="secret worker",
        idempotency_key="secret key",
        parameters={"secret": 1},
        lease_until=AT,
        outcome="completed",
    )
    return made


def bundle_of(run: Run, person: Person | None = None, **given: Any) -> io.BytesIO:
    pieces = writing.write_bundle(run, person or AnonymousUser(), at=AT, **given)
    return io.BytesIO(b"".join(pieces))


def unpacked(bundle: io.BytesIO) -> dict[str, bytes]:
    with zipfile.ZipFile(bundle) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: dict[str, bytes], **given: Any) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **given) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream


def written(record: dict[str, Any]) -> bytes:
    """As the format has it: a line for the run, one for each step."""
    steps = record.pop("invocations")
    head = json.dumps(record)[:-1] + ', "invocations": ['
    return "\n".join([head, ",\n".join(map(json.dumps, steps)), "]}"]).encode()
