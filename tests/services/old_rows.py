"""An installation as it was at the first migrations, and what of it must be there after the last ones.

Both functions run in a process of their own: `manage.py shell -c`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from invocations.models import Run
from invocations.run_list import search_batch
from lib.encryption import EncryptedSecret

FIRST = [
    ("accounts", "0001_initial"),
    ("archive", None),
    ("assets", "0001_initial"),
    ("credentials", None),
    ("displays", "0001_initial"),
    ("invocations", "0002_search"),
    ("networks", "0001_initial"),
    ("platforms", "0001_initial"),
    ("realtime", "0001_initial"),
]

# What each table is called today, and the field of its row that tells it from any other.
KEPT: dict[str, dict[str, Any]] = {
    "accounts.User": {"email": "curator@example.com"},
    "networks.Network": {"slug": "old-ring"},
    "networks.SelectedCredential": {"platform": "openai"},
    "credentials.OperatorKey": {"verdict": "accepted"},
    "credentials.Credential": {"name": "My key"},
    "credentials.Loan": {"email": "friend@example.com"},
    "credentials.Server": {"slug": "attic"},
    "credentials.UploadedWorkflow": {"slug": "portrait"},
    "displays.Display": {"name": "left"},
    "displays.DisplayReceipt": {"ms": 12.5},
    "invocations.Run": {"prompt": "a lighthouse in fog"},
    "invocations.Invocation": {"output_text": "fog, and a light"},
    "invocations.Attempt": {"usd": 0.25},
    "invocations.Spending": {"usd": 0.5},
    "invocations.StopAll": {"public_id": "stopall0000000000000"},
    "invocations.WebhookSecret": {"platform": "replicate"},
    "archive.Rating": {"stars": 4},
    "archive.ContactSheet": {"title": "Best of fog"},
    "archive.ShortAddress": {"code": "fog42"},
}


def write() -> None:
    """Migrates an empty database to the first migrations and fills it."""
    executor = MigrationExecutor(connection)
    executor.migrate(FIRST)
    old = MigrationExecutor(connection).loader.project_state(
        [(app, name) for app, name in FIRST if name]
    )
    _fill(old.apps.get_model)


def _fill(model: Any) -> None:
    def add(model_name: str, /, **fields: Any) -> Any:
        return model(*model_name.split(".")).objects.create(**fields)

    curator = add("accounts.User", email="curator@example.com", password="!")
    network = add("networks.Network", name="Old ring", slug="old-ring", owner=curator)
    _fill_credentials(add, curator, network)
    _fill_runs(add, curator, network)


def _fill_credentials(add: Any, curator: Any, network: Any) -> None:
    add("platforms.HouseKey", platform="openai", verdict="accepted")
    key = add(
        "platforms.Credential",
        platform="openai",
        name="My key",
        secret=EncryptedSecret.encrypt("sk-old"),
        owner=curator,
    )
    add("platforms.Loan", email="friend@example.com", credential=key)
    server = add("platforms.Server", kind="comfyui", slug="attic", name="Attic", address="http://a")
    workflow = {"name": "Portrait", "content": {}, "takes": "text", "gives": "image"}
    add("platforms.UploadedWorkflow", slug="portrait", server=server, **workflow)
    add("networks.ChosenKey", platform="openai", credential=key, network=network)
    secret = {"platform": "replicate", "credential": "c", "fetched_at": timezone.now()}
    add("invocations.CallbackSecret", sealed=EncryptedSecret.encrypt("wh-old"), **secret)


def _fill_runs(add: Any, curator: Any, network: Any) -> None:
    now = timezone.now()
    hour = timedelta(hours=1)
    installation = add("displays.Installation", name="Hall", network=network)
    display = {"name": "left", "kind": "single", "stride": 1, "offsets": [0]}
    display = add("displays.Display", installation=installation, **display)
    pressed = add(
        "invocations.StopAll", public_id="stopall0000000000000", pressed_by=curator, lifted_at=now
    )
    add("displays.Shown", press=pressed.public_id, process="web", ms=12.5, display=display)
    ring = {"ring": [], "lockout_until": now, "started_by": curator, "network": network}
    ended = {"state": "stopped", "ended_at": now, "reason": "panic", "stop_all": pressed}
    run = add("invocations.Run", prompt="a lighthouse in fog", **ring, **ended)
    made = {"state": "completed", "output_text": "fog, and a light", "usd": 0.25, "ended_at": now}
    step = {"sequence": 0, "slot": 0, "model": "dummy:text-to-text", "attempts_made": 1}
    step = add("invocations.Invocation", run=run, network=network, **step, **made)
    call: dict[str, Any] = {"number": 1, "platform": "dummy", "worker": "w", "idempotency_key": "k"}
    call |= {"lease_until": now + hour, "outcome": "completed", "usd": 0.25, "ended_at": now}
    add("invocations.Attempt", invocation=step, network=network, **call)
    add("invocations.Spending", began_at=now, usd=0.5, owner=curator, network=network)
    add("invocations.Rating", stars=4, person=curator, run=run)
    add("invocations.Sheet", title="Best of fog", sequences=[0], run=run, made_by=curator)
    add("invocations.StepAlias", code="fog42", step=step)


def missing() -> list[str]:
    """What of `KEPT` is not found by today's models, by the pages' search included."""
    lost = [
        f"{name} {values}"
        for name, values in KEPT.items()
        if apps.get_model(name)._default_manager.filter(**values).count() != 1
    ]
    for word in ("lighthouse", "harbour"):  # written before, and after
        if not search_batch(Run.objects.all(), word, before=None).rows.exists():
            lost.append(f"{word} in the search")
        Run.objects.update(prompt="a harbour in fog")
    return lost
