"""Workflows on a ComfyUI beside the worker."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from panic_worker.failures import ErrorClass, WorkerError, WorkFailed, WorkStopped
from panic_worker.handlers import comfyui
from panic_worker.handlers.base import Handler, Work, WorkInput
from panic_worker.stopping import StopCause, StopSignal
from tests.fake_servers.process import FakeServer, running_server

GRAPH: dict[str, Any] = {
    "3": {
        "class_type": "KSampler",
        "inputs": {"seed": 1, "cfg": 8.0, "positive": ["6", 0]},
        "_meta": {"title": "Sampler panic:cfg"},
    },
    "6": {
        "class_type": "CLIPTextEncode",
        "inputs": {"text": "a cat"},
        "_meta": {"title": "panic:input"},
    },
    "9": {
        "class_type": "SaveImage",
        "inputs": {"images": ["3", 0]},
        "_meta": {"title": "panic:output"},
    },
}
OF_PICTURES = {
    "6": {
        "class_type": "LoadImage",
        "inputs": {"image": "x.png"},
        "_meta": {"title": "panic:input"},
    },
    "9": {
        "class_type": "PreviewAny",
        "inputs": {"source": ["6", 0]},
        "_meta": {"title": "panic:output"},
    },
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    journal = tmp_path_factory.mktemp("comfyui") / "journal"
    with running_server("comfyui", journal, "--seconds", "0") as found:
        yield found


@pytest.fixture
def handler(tmp_path: Path, server: FakeServer) -> Iterator[Handler]:
    server.reset(seconds=0)
    folder = tmp_path / "comfyui"
    folder.mkdir()
    (folder / "paint.json").write_text(json.dumps(GRAPH))
    (folder / "look.json").write_text(json.dumps(OF_PICTURES))
    (found,) = comfyui.load({"address": server.url}, folder)
    yield found
    found.close()


def asked(tmp_path: Path, **more: Any) -> Work:
    return Work("paint", [WorkInput("text", text="a dog")], tmp_path, key="k", **more)


def test_workflows_are_offered_with_what_may_be_set(handler: Handler, tmp_path: Path) -> None:
    handler.self_test(tmp_path)

    offers = {offer.name: offer for offer in handler.offers()}

    assert (offers["paint"].input, offers["paint"].output) == ("text", "image")
    assert (offers["look"].input, offers["look"].output) == ("image", "text")
    assert offers["paint"].parameters["properties"] == {"cfg": {"type": "number"}}


def test_a_workflow_is_filled_and_its_picture_fetched(
    handler: Handler, tmp_path: Path, server: FakeServer
) -> None:
    result = handler.run(asked(tmp_path, parameters={"cfg": 4.5}))

    graph = server.entries("create")[-1]["graph"]
    assert graph["6"]["inputs"]["text"] == "a dog"
    assert graph["3"]["inputs"]["cfg"] == 4.5
    assert graph["3"]["inputs"]["seed"] != 1
    assert result.path is not None
    assert result.path.read_bytes().startswith(b"\x89PNG")
    assert (result.content_type, result.path.suffix) == ("image/png", ".png")


def test_a_picture_is_uploaded_and_a_text_comes_back(
    handler: Handler, tmp_path: Path, server: FakeServer
) -> None:
    picture = tmp_path / "in.png"
    picture.write_bytes(b"a picture")

    result = handler.run(Work("look", [WorkInput("image", path=picture)], tmp_path, key="k"))

    name = server.entries("upload")[-1]["name"]
    assert f"panic/{name}" in str(result.text)


@pytest.mark.parametrize(
    ("failure", "error_class"),
    [
        ({"type": "torch.OutOfMemoryError", "message": "Allocation failed"}, "out_of_memory"),
        ({"type": "RuntimeError", "message": "no such checkpoint"}, "temporary"),
    ],
)
def test_a_workflow_that_fails_says_why(
    handler: Handler, tmp_path: Path, server: FakeServer, failure: dict[str, str], error_class: str
) -> None:
    server.control(next=[{"failure": failure}])

    with pytest.raises(WorkFailed, match=failure["message"]) as caught:
        handler.run(asked(tmp_path))

    assert caught.value.error_class == error_class


def test_a_prompt_that_comfyui_refuses_is_not_asked_again(
    handler: Handler, tmp_path: Path, server: FakeServer
) -> None:
    server.control(next=[{"node_error": "no such sampler"}])

    with pytest.raises(WorkFailed, match="validation") as caught:
        handler.run(asked(tmp_path))

    assert caught.value.error_class is ErrorClass.PERMANENT


def test_stopping_interrupts_the_prompt(
    handler: Handler, tmp_path: Path, server: FakeServer
) -> None:
    before = len(server.entries("interrupt"))
    server.control(next=[{"seconds": 3600}])
    stop = StopSignal()
    stopper = threading.Timer(0.05, stop.request, (StopCause.CANCELLED, "stopped"))
    stopper.start()

    with pytest.raises(WorkStopped):
        handler.run(asked(tmp_path, stop=stop))

    assert len(server.entries("interrupt")) == before + 1


@pytest.mark.parametrize(
    ("graph", "sentence"),
    [
        ([], "no workflow in API format"),
        ({**GRAPH, "6": {**GRAPH["6"], "_meta": {"title": "?"}}}, "marked panic:input"),
        ({**GRAPH, "9": {**GRAPH["9"], "_meta": {"title": "?"}}}, "marked panic:output"),
        ({**GRAPH, "3": {**GRAPH["3"], "_meta": {"title": "panic:x"}}}, "no field x"),
    ],
)
def test_a_workflow_that_cannot_be_understood_is_refused(
    tmp_path: Path, graph: object, sentence: str
) -> None:
    (tmp_path / "paint.json").write_text(json.dumps(graph))

    with pytest.raises(WorkerError, match=sentence):
        comfyui.load({}, tmp_path)


def test_no_comfyui_is_a_self_test_that_fails(tmp_path: Path) -> None:
    (handler,) = comfyui.load({"address": "http://127.0.0.1:1"}, tmp_path)

    with pytest.raises(WorkFailed, match="does not answer"):
        handler.self_test(tmp_path)
