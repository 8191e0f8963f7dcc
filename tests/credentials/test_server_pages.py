"""The pages on which admins look after servers and workflows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from credentials.models import Server, UploadedWorkflow
from tests.fake_servers.process import FakeServer, running_server
from tests.people import html_of
from tests.platforms.flows import exported

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]

SERVERS = "/mission-control/servers/"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with running_server("compatible", tmp_path_factory.mktemp("box") / "journal.jsonl") as one:
        yield one


def form(**more: str) -> dict[str, str]:
    row = {"kind": "compatible", "name": "Box", "address": "http://127.0.0.1:9/v1", "key": ""}
    return {**row, **more}


def rack() -> Server:
    return Server.add(kind="comfyui", name="Rack", address="http://127.0.0.1:9")


def file(content: object) -> SimpleUploadedFile:
    return SimpleUploadedFile("flow.json", json.dumps(content).encode(), "application/json")


def test_an_added_server_is_looked_at_and_shown_with_what_it_lists(
    admin: Client, box: FakeServer
) -> None:
    answer = admin.post(f"{SERVERS}add/", form(address=f"{box.url}/v1"), follow=True)

    assert "Box answers." in html_of(answer)
    assert "llama3.2:3b" in html_of(answer)
    assert "compatible:box." in html_of(answer)
    assert "llama3.2:3b" in html_of(admin.get(SERVERS))


def test_a_key_is_never_shown_again(admin: Client) -> None:
    answer = admin.post(f"{SERVERS}add/", form(key="sk-very-secret"), follow=True)

    server = Server.objects.get()
    assert server.key.decrypt() == "sk-very-secret"
    assert "sk-very-secret" not in html_of(answer)
    assert "kept encrypted" in html_of(answer)


def test_what_is_wrong_is_said_and_what_was_typed_stays_but_for_the_key(admin: Client) -> None:
    answer = admin.post(f"{SERVERS}add/", form(address="10.0.0.2", name="Rack Two", key="sk-1"))

    assert answer.status_code == 400
    assert "It looks like http://10.0.0.2:8188" in html_of(answer)
    assert "Rack Two" in html_of(answer)
    assert "sk-1" not in html_of(answer)
    assert not Server.objects.exists()


def test_a_server_is_renamed_switched_off_and_loses_its_key(admin: Client) -> None:
    server = Server.add(kind="compatible", name="Box", address="http://127.0.0.1:9/v1", key="sk-1")
    change = {"name": "Cellar", "address": server.address, "no_key": "on"}

    answer = admin.post(f"{SERVERS}{server.public_id}/", change, follow=True)

    server.refresh_from_db()
    assert (server.name, server.slug, server.enabled) == ("Cellar", "box", False)
    assert not server.key
    assert "switched off" in html_of(answer)


def test_an_empty_key_field_keeps_the_key(admin: Client) -> None:
    server = Server.add(kind="compatible", name="Box", address="http://127.0.0.1:9/v1", key="sk-1")
    change = {"name": "Box", "address": server.address, "enabled": "on", "key": ""}

    admin.post(f"{SERVERS}{server.public_id}/", change)

    server.refresh_from_db()
    assert server.key.decrypt() == "sk-1"


def test_a_workflow_is_uploaded_for_a_server_and_removed(admin: Client) -> None:
    server = rack()
    sent = {"name": "Engraving", "server": server.public_id, "deadline_seconds": "300"}

    answer = admin.post(f"{SERVERS}workflow/", {**sent, "workflow": file(exported())}, follow=True)

    assert "Engraving is a model now: from text to image." in html_of(answer)
    row = UploadedWorkflow.objects.get()
    assert row.server == server
    admin.post(f"{SERVERS}workflow/{row.public_id}/remove/")
    assert not UploadedWorkflow.objects.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (file({"nodes": [], "links": []}), "Export (API)"),
        (file({"1": {"class_type": "KSampler", "inputs": {}}}), "panic:input"),
        (file([1, 2]), "This is no workflow."),
        (SimpleUploadedFile("x.json", b"{", "application/json"), "This file is no JSON."),
        (SimpleUploadedFile("x.json", b" " * 1_000_001, "application/json"), "a million bytes"),
    ],
)
def test_a_file_that_is_no_workflow_is_refused_in_words(
    admin: Client, content: SimpleUploadedFile, said: str
) -> None:
    content.seek(0)
    sent = {"name": "Odd", "server": rack().public_id, "deadline_seconds": "300"}

    answer = admin.post(f"{SERVERS}workflow/", {**sent, "workflow": content})

    assert answer.status_code == 400
    assert said in html_of(answer)


def test_without_a_comfyui_there_is_nothing_to_upload_to(admin: Client, settings: Settings) -> None:
    settings.PLATFORM_URLS = {}
    assert "Upload it" not in html_of(admin.get(SERVERS))

    settings.PLATFORM_URLS = {"COMFYUI_BASE_URL": "http://10.0.0.2:8188"}
    assert "Upload it" in html_of(admin.get(SERVERS))


@pytest.mark.parametrize(
    "path", ["add/", "workflow/", "{id}/", "{id}/look/", "{id}/remove/", "workflow/{id}/remove/"]
)
def test_only_admins_change_anything(clients: Mapping[str, Client], path: str) -> None:
    where = SERVERS + path.format(id=rack().public_id)

    found = {who: clients[who].post(where).status_code for who in ("stranger", "other", "owner")}

    assert found == {"stranger": 302, "other": 403, "owner": 403}
    assert Server.objects.exists()


def test_servers_of_one_name_get_names_of_their_own_in_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endings = iter(["aaaa", "aaaa", "bbbb"])
    monkeypatch.setattr("secrets.token_hex", lambda _: next(endings))

    made = [Server.add(kind="comfyui", name="Rack", address="http://10.0.0.2:8188") for _ in "123"]

    assert [one.slug for one in made] == ["rack", "rack-aaaa", "rack-bbbb"]
