"""Servers and workflows that admins add: rows, snapshots, looks, and who hears of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import AuditEntry, User
from credentials import model_servers, rotation
from credentials.models import Server, UploadedWorkflow
from credentials.resolution import CredentialResolver
from lib.validation import Invalid
from platforms import registry, servers
from tests.platforms.flows import exported

from .server_fixtures import box, own_folder, spread

__all__ = ["own_folder"]

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]


@pytest.fixture(autouse=True)
def folder(own_folder: None) -> None:
    """Nobody has added a server yet."""


@pytest.fixture
def admin() -> User:
    return User.objects.create_superuser("root@example.org")


def ids() -> list[str]:
    return [model.id for model in registry.get_platform("compatible").models()]


def test_what_an_added_server_lists_can_be_put_into_a_ring() -> None:
    server = box()

    assert server.address == "http://10.0.0.2:11434/v1"
    assert ids() == ["compatible:the-box.llama3.2-3b"]
    assert (
        CredentialResolver(None, operator_keys=False)
        .availability(registry.get_model(ids()[0]))
        .available
    )


def test_ids_stay_when_a_server_is_renamed_moved_or_does_not_answer() -> None:
    server = box()

    model_servers.change_server(server, by=None, name="Another", address="http://10.0.0.9:8000/v1")
    server.note_check(None, "nobody listens at its address.", at=timezone.now())
    spread()

    assert ids() == ["compatible:the-box.llama3.2-3b"]
    state = CredentialResolver(None, operator_keys=False).availability(registry.get_model(ids()[0]))
    assert not state.available
    assert state.reason == "The server Another does not answer: nobody listens at its address."


def test_a_server_that_is_switched_off_keeps_its_models_and_says_so() -> None:
    server = box()

    model_servers.change_server(server, by=None, enabled=False)
    spread()

    state = CredentialResolver(None, operator_keys=False).availability(registry.get_model(ids()[0]))
    assert not state.available
    assert "switched off" in state.reason
    assert servers.origins().count("http://10.0.0.2:11434/v1") == 0


def test_only_added_servers_may_be_fetched_from_though_they_are_not_public() -> None:
    before = servers.origins()
    box()

    assert set(servers.origins()) - set(before) == {"http://10.0.0.2:11434/v1"}


def test_two_of_the_same_name_have_ids_of_their_own() -> None:
    first, second = box(), box()

    assert first.slug != second.slug
    assert len(set(ids())) == 2


def test_no_process_asks_the_database_before_somebody_added_one(
    django_assert_num_queries: object,
) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert servers.known() is servers.NO_SERVERS


def test_rows_are_read_once_for_each_change(django_assert_num_queries: object) -> None:
    box()
    with django_assert_num_queries(2):  # type: ignore[operator]
        servers.known()
    with django_assert_num_queries(0):  # type: ignore[operator]
        servers.known()
        ids()


def test_a_key_is_encrypted_and_is_for_those_who_may_use_the_houses() -> None:
    server = box(key="sk-secret-of-the-box")
    model = registry.get_model(ids()[0])

    stored = Server.objects.filter(pk=server.pk).values_list("key", flat=True).get()
    allowed, stranger = (
        CredentialResolver(None, operator_keys=True),
        CredentialResolver(None, operator_keys=False),
    )

    assert "sk-secret" not in stored.ciphertext
    assert "sk-secret" not in repr(server.known)
    assert allowed.availability(model).available
    assert not stranger.availability(model).available
    assert "sk-secret-of-the-box" in str(dict(allowed.resolve("compatible").secrets()))
    assert not stranger.resolve("compatible").secrets()


def test_a_key_never_goes_to_a_server_of_that_name_in_the_settings(settings: Settings) -> None:
    box(key="sk-secret-of-the-box")
    settings.COMPATIBLE_SERVERS = {"the-box": "http://10.0.0.5/v1"}

    keys = registry.get_platform("compatible").operator_keys()

    assert "sk-secret" not in str(keys)
    assert box().slug != "the-box"


def test_keys_can_be_read_after_they_were_encrypted_anew(
    tmp_path: Path, settings: Settings
) -> None:
    settings.CREDENTIAL_KEYS, settings.CREDENTIAL_KEY_FILE = (), tmp_path / "credential_keys"
    box(key="sk-secret-of-the-box")
    assert "sk-secret" in str(registry.get_platform("compatible").operator_keys())

    assert rotation.rotate().encrypted == 1
    spread()

    assert "sk-secret-of-the-box" in str(registry.get_platform("compatible").operator_keys())


def test_a_key_does_not_follow_to_another_address() -> None:
    server = box(key="sk-secret")

    with pytest.raises(Invalid, match="typed in again"):
        model_servers.change_server(server, by=None, address="http://evil.example/v1")

    model_servers.change_server(server, by=None, address="http://10.0.0.3/v1", key="sk-other")
    assert server.key.decrypt() == "sk-other"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "magic"),
        ("name", " "),
        ("name", "x" * 61),
        ("name", "two\nlines"),
        ("address", "ftp://10.0.0.2"),
        ("address", "10.0.0.2:11434"),
        ("address", "http://"),
        ("address", "http://user:pass@10.0.0.2/v1"),
        ("address", "http://10.0.0.2/v1?key=1"),
        ("address", "http://10.0.0.2:99999/v1"),
        ("address", "http://10.0.0.2/ v1"),
        ("address", "http://[::1/v1"),
        ("key", "two words"),
        ("key", "a,b=c"),
        ("key", "clé"),
    ],
)
def test_what_a_server_cannot_be_is_said_at_its_field(field: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        box(**{field: value})

    assert list(refused.value.errors) == [field]
    assert not Server.objects.exists()


def test_a_comfyui_server_takes_no_key() -> None:
    with pytest.raises(Invalid, match="takes no key"):
        box(kind="comfyui", key="sk-secret")


def test_what_admins_do_is_on_record_without_keys(admin: User) -> None:
    row = {"kind": "compatible", "name": "Box", "address": "http://10.0.0.2/v1", "key": "sk-secret"}
    server = model_servers.add_server(by=admin, **row)
    model_servers.change_server(server, by=admin, enabled=False)
    model_servers.remove_server(server, by=admin)

    told = list(AuditEntry.objects.order_by("id").values_list("action", "about", "who"))
    assert [action for action, _, _ in told] == ["server.added", "server.changed", "server.removed"]
    assert "sk-secret" not in str(told)
    assert {who for _, _, who in told} == {"root@example.org"}


def test_a_workflow_is_a_model_from_the_next_look_on() -> None:
    rack = model_servers.add_server(
        by=None, kind="comfyui", name="Rack", address="http://10.0.0.2:8188"
    )
    row = model_servers.add_workflow(by=None, name="Engraving", content=exported(), server=rack)
    spread()

    model = registry.get_model("comfyui:engraving")
    _, address = servers.workflow_of_model(model)
    assert (model.input, model.output, model.deadline_seconds) == ("text", "image", 600.0)
    assert address == "http://10.0.0.2:8188"
    assert CredentialResolver(None, operator_keys=False).availability(model).available

    model_servers.remove_workflow(row, by=None)
    spread()
    with pytest.raises(registry.UnknownModel):
        registry.get_model("comfyui:engraving")


def test_a_file_that_is_no_workflow_says_everything_that_is_wrong() -> None:
    content = exported()
    content["6"]["_meta"] = {"title": "nothing"}
    content["9"]["_meta"] = {"title": "nothing"}

    with pytest.raises(Invalid) as refused:
        model_servers.add_workflow(
            by=None, name="", content=content, server=None, deadline_seconds=1
        )

    assert set(refused.value.errors) == {"name", "deadline_seconds", "workflow"}
    assert "panic:input" in refused.value.errors["workflow"]
    assert "panic:output" in refused.value.errors["workflow"]
    assert not UploadedWorkflow.objects.exists()
