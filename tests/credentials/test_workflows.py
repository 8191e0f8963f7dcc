"""Workflows between upload and run: held against their server, moved to another, and what they lack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import ApiToken, AuditEntry, User
from credentials import model_servers
from credentials.models import Server, UploadedWorkflow
from lib.validation import Invalid
from platforms.comfy import class_answers
from tests.api.conftest import ApiClient
from tests.fake_servers.process import FakeServer, running_server
from tests.people import html_of
from tests.platforms.flows import exported

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]

SERVERS = "/mission-control/servers/"
SILENT = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path
    settings.PLATFORM_URLS = {}
    class_answers._kept.clear()


@pytest.fixture(scope="module")
def comfy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with running_server("comfyui", tmp_path_factory.mktemp("comfy") / "journal.jsonl") as one:
        yield one


@pytest.fixture
def api(root: User) -> ApiClient:
    return ApiClient(f"Bearer {ApiToken.issue(root)[1]}")


def server(name: str, address: str = SILENT, **more: Any) -> Server:
    return Server.add(kind="comfyui", name=name, address=address, **more)


def decoder_marked() -> dict[str, Any]:
    """The mark is on the decoder, whose picture nobody can fetch."""
    content = exported()
    content["8"] = {
        "class_type": "VAEDecode",
        "inputs": {"samples": ["3", 0]},
        "_meta": {"title": "Decode panic:output"},
    }
    content["9"]["inputs"]["images"] = ["8", 0]
    content["9"]["_meta"] = {"title": "Save Image"}
    return content


def upload(client: Client, content: object, **more: str) -> Any:
    file = SimpleUploadedFile("flow.json", json.dumps(content).encode(), "application/json")
    sent = {"name": "Engraving", "deadline_seconds": "300", **more, "workflow": file}
    return client.post(f"{SERVERS}workflow/", sent, follow=True)


def add(target: Server | None, content: object | None = None, **more: Any) -> UploadedWorkflow:
    return model_servers.add_workflow(
        by=None, name="Engraving", content=content or exported(), server=target, **more
    )


@pytest.mark.parametrize("named", [True, False])
def test_an_output_that_its_server_does_not_keep_is_refused_with_the_nodes_that_would_do(
    admin: Client, comfy: FakeServer, named: bool
) -> None:
    rack = server("Rack", comfy.url)
    chosen = {"server": rack.public_id} if named else {}

    answer = upload(admin, decoder_marked(), **chosen)

    assert answer.status_code == 400
    page = html_of(answer)
    assert "The node “Decode” keeps nothing in ComfyUI&#x27;s history" in page
    assert "“Save Image” (SaveImage, node 9)" in page
    assert not UploadedWorkflow.objects.exists()


def test_a_server_is_believed_where_names_would_mislead(comfy: FakeServer) -> None:
    rack = server("Rack", comfy.url)
    content = decoder_marked()
    comfy.control(default={"object_info": {"VAEDecode": {"output_node": True}}})
    try:
        made = add(rack, content, gives="image")
    finally:
        comfy.control(default={"object_info": {}})

    assert made.known.workflow.output == "8"


def test_a_server_that_does_not_answer_holds_nobody_up() -> None:
    assert add(server("Rack")).model_id == "comfyui:engraving"
    with pytest.raises(Invalid, match="Save Image"):
        add(Server.objects.get(), decoder_marked())


def test_a_workflow_without_a_server_shows_where_it_runs(admin: Client) -> None:
    server("Rack")

    upload(admin, exported())

    page = " ".join(html_of(admin.get(SERVERS)).split())
    assert UploadedWorkflow.objects.get().server is None
    assert 'Rack <span class="muted">(chosen by itself)</span>' in page


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "There is no ComfyUI server for the workflow Engraving: an admin can add one"),
        (["Attic", "Rack"], "There are several ComfyUI servers (Attic, Rack): an admin can choose"),
    ],
)
def test_what_a_workflow_lacks_is_said_in_the_list(
    admin: Client, api: ApiClient, names: list[str], said: str
) -> None:
    add(None)
    for name in names:
        server(name)

    page = html_of(admin.get(SERVERS))
    (listed,) = json.loads(api.get("workflows").content)["items"]

    assert said in page
    assert "COMFYUI_BASE_URL" not in page
    assert said in listed["problem"]


def test_a_workflow_is_moved_on_its_page(admin: Client) -> None:
    server("Rack")
    attic = server("Attic")
    row = add(None)
    where = f"{SERVERS}workflow/{row.public_id}/"

    assert "There are several" in html_of(admin.get(where))
    change = {"name": "Etching", "server": attic.public_id, "deadline_seconds": "90"}
    answer = admin.post(where, change, follow=True)

    row.refresh_from_db()
    assert "Etching is changed." in html_of(answer)
    assert (row.server, row.name, row.deadline_seconds) == (attic, "Etching", 90)
    assert row.model_id == "comfyui:engraving"
    assert AuditEntry.objects.filter(action="workflow.changed").exists()


def test_a_workflow_is_moved_over_the_api(api: ApiClient) -> None:
    rack, attic = server("Rack"), server("Attic")
    row = add(rack)

    moved = api.patch(f"workflows/{row.public_id}", {"server": attic.public_id})
    freed = api.patch(f"workflows/{row.public_id}", {"server": None})
    nowhere = api.patch(f"workflows/{row.public_id}", {"server": "nothing"})

    assert json.loads(moved.content)["server"] == attic.public_id
    assert json.loads(moved.content)["problem"] is None
    assert json.loads(freed.content)["server"] is None
    assert "several" in json.loads(freed.content)["problem"]
    assert nowhere.status_code == 422
    assert json.loads(api.get(f"workflows/{row.public_id}").content)["server"] is None


def test_a_workflow_does_not_move_to_a_server_that_does_not_keep_its_output(
    comfy: FakeServer,
) -> None:
    row = add(server("Rack"))
    attic = server("Attic", comfy.url)
    comfy.control(default={"object_info": {"SaveImage": {"output_node": False}}})

    try:
        with pytest.raises(Invalid) as refused:
            model_servers.change_workflow(row, by=None, server=attic)
    finally:
        comfy.control(default={"object_info": {}})

    assert "keeps nothing in ComfyUI's history" in refused.value.errors["server"]


@pytest.mark.parametrize(
    ("given", "field"),
    [({"name": " "}, "name"), ({"deadline_seconds": 1}, "deadline_seconds"), ({"server": "box"}, "server")],
)  # fmt: skip
def test_what_a_workflow_cannot_be_is_said_at_its_field(given: dict[str, Any], field: str) -> None:
    row = add(server("Rack"))
    if "server" in given:
        given = {"server": Server.add(kind="compatible", name="Box", address=f"{SILENT}/v1")}

    with pytest.raises(Invalid) as refused:
        model_servers.change_workflow(row, by=None, **given)

    assert list(refused.value.errors) == [field]


def test_a_stored_workflow_that_is_not_understood_any_more_says_so(admin: Client) -> None:
    row = add(server("Rack"))
    content = {**row.content, "6": {**row.content["6"], "_meta": {"title": "nothing"}}}
    UploadedWorkflow.objects.update(content=content)

    page = html_of(admin.get(SERVERS))

    assert "has to be uploaded again. No node is marked as the input" in page
