"""ComfyUI over real HTTP and a real socket: every modality, every error, one charge per key."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from pytest_django.fixtures import Settings

from platforms import http, registry, servers
from platforms.base import MediaFile, Modality
from platforms.errors import (
    NotConfigured,
    PlatformError,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
    Unusable,
)
from tests.fake_servers import media
from tests.fake_servers.process import FakeServer
from tests.platforms.flows import Asked, flow, known

pytestmark = [pytest.mark.enable_socket, pytest.mark.asyncio]

TEXT, IMAGE, AUDIO, VIDEO = Modality.TEXT, Modality.IMAGE, Modality.AUDIO, Modality.VIDEO


def medium(folder: Path, modality: Modality) -> str | MediaFile:
    if modality is TEXT:
        return "a red disc"
    kinds = {IMAGE: ("png", "image/png"), AUDIO: ("wav", "audio/wav"), VIDEO: ("mp4", "video/mp4")}
    ending, content_type = kinds[modality]
    path = folder / f"in.{ending}"
    path.write_bytes(media.wav("in") if modality is AUDIO else media.png("in"))
    return MediaFile(path, content_type)


@pytest.mark.parametrize("gives", [IMAGE, AUDIO, VIDEO])
async def test_a_text_becomes_a_file_that_the_server_hands_out(
    comfy: FakeServer, gives: Modality
) -> None:
    asked = Asked(comfy, flow(TEXT, gives))

    output = await asked.answer()

    assert output.url
    assert output.url.startswith(f"{comfy.url}/view?")
    if gives is not VIDEO:
        body = httpx.get(output.url, trust_env=False).content
        assert body[:4] == (b"\x89PNG" if gives is IMAGE else b"RIFF")
    (charge,) = asked.entries("charge")
    assert asked.remembered == [charge["id"]]


@pytest.mark.parametrize("takes", [IMAGE, AUDIO, VIDEO])
async def test_a_file_is_uploaded_and_described(
    comfy: FakeServer, takes: Modality, tmp_path: Path
) -> None:
    given = medium(tmp_path, takes)
    assert isinstance(given, MediaFile)

    output = await Asked(comfy, flow(takes, TEXT), input=given).answer()

    upload = comfy.entries("upload")[-1]
    assert output.text
    assert f"panic/{upload['name']}" in output.text
    assert upload["name"].endswith(given.path.suffix)
    assert upload["bytes"] > given.path.stat().st_size


async def test_input_parameters_and_a_new_seed_are_put_into_the_graph(comfy: FakeServer) -> None:
    first, second = (Asked(comfy, parameters={"cfg": 2.5}) for _ in range(2))

    await first.answer()
    await second.answer()

    graphs = [one.entries("create")[0]["graph"] for one in (first, second)]
    assert [graph["6"]["inputs"]["text"] for graph in graphs] == ["a red disc"] * 2
    assert [graph["3"]["inputs"]["cfg"] for graph in graphs] == [2.5] * 2
    assert [graph["3"]["inputs"]["steps"] for graph in graphs] == [20] * 2
    assert graphs[0]["3"]["inputs"]["seed"] != graphs[1]["3"]["inputs"]["seed"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("401", NotConfigured),
        ("403", NotConfigured),
        ("404", NotConfigured),
        ("413", Refused),
        ("429", RateLimited),
        ("500", Unavailable),
        ("503", Unavailable),
        ("html", Unavailable),
        ("garbage", Unavailable),
        ("empty", Unavailable),
        ("huge", Unusable),
        ("drop", Unavailable),
    ],
)
async def test_a_failed_request_has_a_class_of_ours_and_is_not_repeated(
    comfy: FakeServer, error: str, expected: type[PlatformError]
) -> None:
    asked = Asked(comfy, knobs={"error": error})

    with pytest.raises(PlatformError) as failed:
        await asked.answer()

    assert type(failed.value) is expected
    assert "\n" not in str(failed.value)
    assert len(asked.entries("create")) == 1
    assert not asked.entries("charge")


@pytest.mark.usefixtures("impatient_stops")
@pytest.mark.parametrize("manner", ["hang", "drip"])
async def test_a_request_that_is_never_answered_is_late(comfy: FakeServer, manner: str) -> None:
    asked = Asked(comfy, flow(deadline_seconds=0.5), knobs={"error": manner})

    with pytest.raises(TimedOut):
        await asked.answer()


async def test_past_its_deadline_a_prompt_is_stopped_and_given_up(comfy: FakeServer) -> None:
    asked = Asked(comfy, flow(deadline_seconds=2), knobs={"seconds": 60})

    with pytest.raises(TimedOut) as failed:
        await asked.answer()

    assert failed.value.settled
    assert comfy.entries("interrupt")[-1]["hit"] == asked.remembered[-1]


async def test_a_workflow_that_does_not_validate_is_refused_in_a_sentence(
    comfy: FakeServer,
) -> None:
    asked = Asked(comfy, knobs={"node_error": "sampler_name: 'eular' not in ['euler']"})

    with pytest.raises(Refused) as failed:
        await asked.answer()

    assert failed.value.kind == "invalid"
    assert str(failed.value) == (
        "ComfyUI does not take the workflow: in the node “The sampler”, value not in list "
        "(sampler_name: 'eular' not in ['euler'])."
    )


async def test_a_node_that_fails_is_a_refusal_and_names_it(comfy: FakeServer) -> None:
    failure = {"type": "RuntimeError", "message": "mat1 and mat2 shapes\n cannot be multiplied"}

    with pytest.raises(Refused, match="“The sampler” of the workflow failed: mat1") as failed:
        await Asked(comfy, knobs={"failure": failure}).answer()

    assert failed.value.kind == "invalid"
    assert failed.value.settled


@pytest.mark.parametrize(
    "failure",
    [
        {"type": "torch.OutOfMemoryError", "message": "Allocation on device"},
        {"type": "RuntimeError", "message": "CUDA out of memory. Tried to allocate 2 GiB"},
    ],
)
async def test_out_of_memory_may_end_better_next_time(
    comfy: FakeServer, failure: dict[str, str]
) -> None:
    with pytest.raises(Unavailable, match="ran out of memory") as failed:
        await Asked(comfy, knobs={"failure": failure}).answer()

    assert failed.value.settled


async def test_a_prompt_that_somebody_else_stopped_is_tried_again_as_a_new_one(
    comfy: FakeServer,
) -> None:
    with pytest.raises(Unavailable, match="interrupted at ComfyUI") as failed:
        await Asked(comfy, knobs={"interrupted": True}).answer()

    assert failed.value.settled


@pytest.mark.parametrize("gives", [IMAGE, AUDIO, TEXT])
async def test_an_ending_without_an_output_is_settled(comfy: FakeServer, gives: Modality) -> None:
    asked = Asked(comfy, flow(TEXT, gives), knobs={"output": "none"})

    with pytest.raises(Unavailable, match=f"without a {gives}") as failed:
        await asked.answer()

    assert failed.value.settled


async def test_strange_answers_while_it_works_are_lived_through(comfy: FakeServer) -> None:
    asked = Asked(comfy, knobs={"seconds": 1})
    comfy.control(default={"poll_errors": ["500", "drop", "garbage"]})

    output = await asked.answer()

    assert output.url
    assert len(asked.entries("charge")) == 1


async def test_a_server_that_was_restarted_no_longer_knows_the_prompt(comfy: FakeServer) -> None:
    asked = Asked(comfy, knobs={"seconds": 60})
    work = asyncio.create_task(asked.answer())
    await asked.running()

    comfy.control(restart=True)

    with pytest.raises(Unavailable, match="no longer knows") as failed:
        await work
    assert failed.value.settled


async def test_a_server_that_is_down_was_not_reached(comfy: FakeServer) -> None:
    asked = Asked(comfy)
    with (
        servers.known_temporarily(known("http://127.0.0.1:9", asked.flow)),
        pytest.raises(http.Unreached),
    ):
        await registry.get_platform("comfyui").invoke(asked.call)


async def test_the_server_of_the_settings_is_asked_where_a_workflow_has_none(
    comfy: FakeServer, settings: Settings
) -> None:
    settings.PLATFORM_URLS = {"COMFYUI_BASE_URL": comfy.url}
    unnamed = flow(server="")

    with servers.known_temporarily(known("http://127.0.0.1:9", unnamed)):
        _, address = servers.workflow_of_model(unnamed.model)

    assert address == comfy.url


async def test_what_a_server_is_can_be_asked_without_a_prompt(comfy: FakeServer) -> None:
    found = await asyncio.to_thread(registry.get_platform("comfyui").listing, comfy.url, "")

    assert found == [{"id": "ComfyUI 0.3.60"}, {"id": "cuda:0 Fake"}]


async def test_twenty_calls_share_one_queue_and_each_gets_its_own(comfy: FakeServer) -> None:
    asked = [Asked(comfy, flow(TEXT, TEXT), input=f"number {n}") for n in range(20)]

    outputs = await asyncio.gather(*(one.answer() for one in asked))

    said = [
        json.loads(output.text.partition("about ")[2])["text"] for output in outputs if output.text
    ]
    assert said == [f"number {n}" for n in range(20)]


# What the server says of its nodes


def seeded(**seed: object) -> dict[str, object]:
    return {"KSampler": {"input": {"required": {"seed": ["INT", seed]}}, "output_node": False}}


@pytest.mark.parametrize(
    ("least", "most"), [(0, 1000), (0, 2**31 - 1), (1, 65_535), (0, 2**64 - 1), (-1, 2**50), (7, 7)]
)
async def test_a_seed_is_drawn_from_what_its_node_takes(
    comfy: FakeServer, least: int, most: int
) -> None:
    comfy.control(default={"object_info": seeded(min=least, max=most)})
    asked = [Asked(comfy) for _ in range(6)]

    for one in asked:
        await one.answer()

    drawn = [one.entries("create")[0]["graph"]["3"]["inputs"]["seed"] for one in asked]
    assert all(max(0, least) <= one <= most for one in drawn)
    assert len(set(drawn)) == 1 if least == most else len(set(drawn)) > 1


async def test_a_server_is_asked_once_about_a_class(comfy: FakeServer) -> None:
    before = len(comfy.entries("object_info"))

    await Asked(comfy).answer()
    await Asked(comfy).answer()

    named = [entry["name"] for entry in comfy.entries("object_info")[before:]]
    assert sorted(named) == ["KSampler", "SaveImage"]


async def test_a_server_that_says_nothing_of_its_nodes_is_asked_for_the_picture_all_the_same(
    comfy: FakeServer,
) -> None:
    comfy.control(default={"object_info": "none"})

    assert (await Asked(comfy).answer()).url


async def test_an_output_that_is_not_kept_is_refused_before_anything_is_queued(
    comfy: FakeServer,
) -> None:
    comfy.control(default={"object_info": {"SaveImage": {"output_node": False}}})
    asked = Asked(comfy)

    with pytest.raises(Refused, match="“SaveImage” keeps nothing in ComfyUI's history"):
        await asked.answer()

    assert not asked.entries("create")


# Workflows without a named server


async def test_the_only_server_is_asked_where_a_workflow_names_none(
    comfy: FakeServer, settings: Settings
) -> None:
    settings.PLATFORM_URLS = {}

    assert (await Asked(comfy, flow(server="")).answer()).url


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ([], "There is no ComfyUI server for the workflow text to image: an admin can add one"),
        ([("Rack", True), ("Attic", True)], "several ComfyUI servers (Rack, Attic): an admin"),
        ([("Rack", False)], "switched off (Rack): an admin can switch it on"),
    ],
)
async def test_what_is_missing_is_said_to_whoever_can_act(
    settings: Settings, there: list[tuple[str, bool]], said: str
) -> None:
    settings.PLATFORM_URLS = {}
    unnamed = flow(server="")
    rows = {
        name: servers.KnownServer(name, name, servers.ServerKind.COMFYUI, "http://10.0.0.2", on)
        for name, on in there
    }
    known_rows = servers.KnownServers(rows, {unnamed.model.id: unnamed})

    with servers.known_temporarily(known_rows):
        state = registry.get_platform("comfyui").availability(unnamed.model, {})

    assert not state.available
    assert said in state.reason
    assert "“Servers” in mission control" in state.reason
    assert "BASE_URL" not in state.reason


async def test_of_several_servers_the_one_that_is_switched_on_counts(settings: Settings) -> None:
    settings.PLATFORM_URLS = {}
    rows = [
        servers.KnownServer(name, name, servers.ServerKind.COMFYUI, f"http://{name}", name == "b")
        for name in ("a", "b", "c")
    ]

    assert servers.comfyui_server("", "Engraving", among=rows).address == "http://b"
