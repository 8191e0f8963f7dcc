"""Tables that moved to another app keep their rows, and what refers to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from pytest_django import DjangoDbBlocker

BEFORE = [("platforms", "0001_initial"), ("networks", "0001_initial")]


@contextmanager
def own_database(path: Path) -> Iterator[BaseDatabaseWrapper]:
    own = {**connections["default"].settings_dict, "ENGINE": "django.db.backends.sqlite3"}
    connections.databases["own"] = {**own, "NAME": path, "OPTIONS": {}, "ATOMIC_REQUESTS": False}
    try:
        yield connections["own"]
    finally:
        connections["own"].close()
        del connections["own"], connections.databases["own"]


def state_of(connection: BaseDatabaseWrapper, targets: list[tuple[str, str]]) -> Any:
    """Migrate there, and give the models as they were there."""
    MigrationExecutor(connection).migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


def test_keys_and_servers_move_with_all_that_refers_to_them(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock(), own_database(tmp_path / "old.sqlite3") as connection:
        old = state_of(connection, BEFORE)

        def add(app: str, model: str, **fields: object) -> Any:
            return old.get_model(app, model).objects.using("own").create(**fields)

        owner = add("accounts", "User", email="a@example.org", public_id="a")
        key = add("platforms", "Credential", owner=owner, platform="acme", name="K", mark="m")
        add("platforms", "Loan", credential=key, email="b@example.org")
        add("platforms", "HouseKey", platform="acme", mark="of the operator", verdict="Taken.")
        server = add("platforms", "Server", kind="comfyui", slug="rack", name="Rack", address="x")
        add("platforms", "UploadedWorkflow", server=server, slug="w", name="W", content={})
        network = add("networks", "Network", owner=owner, name="N", slug="n")
        add("networks", "ChosenKey", network=network, platform="acme", credential=key)

        now = state_of(connection, MigrationExecutor(connection).loader.graph.leaf_nodes())

        def one(app: str, model: str) -> Any:
            return now.get_model(app, model).objects.using("own").get()

        moved = one("credentials", "Credential")
        assert (moved.pk, moved.name, moved.fingerprint) == (key.pk, "K", "m")
        assert one("credentials", "Loan").credential.name == "K"
        assert one("credentials", "OperatorKey").verdict == "Taken."
        assert one("credentials", "UploadedWorkflow").server.slug == "rack"
        assert one("networks", "SelectedCredential").credential.name == "K"
        tables = connection.introspection.table_names()
        assert not [name for name in tables if name.startswith("platforms_")]
        connection.check_constraints()
