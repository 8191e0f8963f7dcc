"""ComfyUI over real HTTP and a real socket: every modality, every error, one charge per key."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from pytest_django.fixtures import Settings

from platforms import registry, servers, web
from platforms.base import MediaFile, Modality
from platforms.errors import (
    Cancelled,
    NotConfigured,
    PlatformError,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
)
from tests.platforms.flows import Asked, flow, known
from tests.standins import media
from tests.standins.process import StandIn

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
    comfy: StandIn, gives: Modality
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
    comfy: StandIn, takes: Modality, tmp_path: Path
) -> None:
    given = medium(tmp_path, takes)
    assert isinstance(given, MediaFile)

    output = await Asked(comfy, flow(takes, TEXT), input=given).answer()

    upload = comfy.entries("upload")[-1]
    assert output.text
    assert f"panic/{upload['name']}" in output.text
    assert upload["name"].endswith(given.path.suffix)
    assert upload["bytes"] > given.path.stat().st_size


async def test_input_parameters_and_a_new_seed_are_put_into_the_graph(comfy: StandIn) -> None:
    first, second = (Asked(comfy, parameters={"cfg": 2.5}) for _ in range(2))

    await first.answer()
    await second.answer()

    graphs = [one.entries("create")[0]["graph"] for one in (first, second)]
    assert [graph["6"]["inputs"]["text"] for graph in graphs] == ["a red disc"] * 2
    assert [graph["3"]["inputs"]["cfg"] for graph in graphs] == [2.5] * 2
    assert [graph["3"]["inputs"]["steps"] for graph in graphs] == [20] * 2
    assert graphs[0]["3"]["inputs"]["seed"] != graphs[1]["3"]["inputs"]["seed"]


async def test_the_socket_tells_how_far_it_is(comfy: StandIn) -> None:
    asked = Asked(comfy, knobs={"seconds": 1.5, "steps": 3, "socket": "wait"})

    await asked.answer()

    assert any(words.startswith("The sampler: ") for words in asked.shown)


async def test_a_prompt_behind_others_says_where_it_waits(comfy: StandIn) -> None:
    asked = [Asked(comfy, knobs={"seconds": 600}), Asked(comfy), Asked(comfy)]
    works = []
    for one in asked:
        works.append(asyncio.create_task(one.answer()))
        while not one.entries("charge"):
            await asyncio.sleep(0.01)

    while not ("next in the queue" in asked[1].shown and "2. in the queue" in asked[2].shown):
        await asyncio.sleep(0.01)
    asked[0].call.cancelled.set()
    results = await asyncio.gather(*works, return_exceptions=True)

    assert isinstance(results[0], Cancelled)
    assert not any(isinstance(result, BaseException) for result in results[1:])


async def test_without_a_socket_the_answer_comes_all_the_same(comfy: StandIn) -> None:
    comfy.control(default={"socket": "none"})
    asked = Asked(comfy, knobs={"seconds": 3})

    output = await asked.answer()

    assert output.url
    assert "running" in asked.shown


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
        ("huge", Unavailable),
        ("drop", Unavailable),
    ],
)
async def test_a_failed_request_has_a_class_of_ours_and_is_not_repeated(
    comfy: StandIn, error: str, expected: type[PlatformError]
) -> None:
    asked = Asked(comfy, knobs={"error": error})

    with pytest.raises(PlatformError) as failed:
        await asked.answer()

    assert type(failed.value) is expected
    assert "\n" not in str(failed.value)
    assert len(asked.entries("create")) == 1
    assert not asked.entries("charge")


@pytest.mark.parametrize("manner", ["hang", "drip"])
async def test_a_request_that_is_never_answered_is_late(comfy: StandIn, manner: str) -> None:
    asked = Asked(comfy, flow(deadline_seconds=0.5), knobs={"error": manner})

    with pytest.raises(TimedOut):
        await asked.answer()


async def test_past_its_deadline_a_prompt_is_stopped_and_given_up(comfy: StandIn) -> None:
    asked = Asked(comfy, flow(deadline_seconds=3), knobs={"seconds": 60})

    with pytest.raises(TimedOut) as failed:
        await asked.answer()

    assert failed.value.settled
    assert comfy.entries("interrupt")[-1]["hit"] == asked.remembered[-1]


async def test_a_workflow_that_does_not_validate_is_refused_in_a_sentence(comfy: StandIn) -> None:
    asked = Asked(comfy, knobs={"node_error": "sampler_name: 'eular' not in ['euler']"})

    with pytest.raises(Refused) as failed:
        await asked.answer()

    assert failed.value.kind == "invalid"
    assert str(failed.value) == (
        "ComfyUI does not take the workflow: in the node “The sampler”, value not in list "
        "(sampler_name: 'eular' not in ['euler'])."
    )


async def test_a_node_that_fails_is_a_refusal_and_names_it(comfy: StandIn) -> None:
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
    comfy: StandIn, failure: dict[str, str]
) -> None:
    with pytest.raises(Unavailable, match="ran out of memory") as failed:
        await Asked(comfy, knobs={"failure": failure}).answer()

    assert failed.value.settled


async def test_a_prompt_that_somebody_else_stopped_is_tried_again_as_a_new_one(
    comfy: StandIn,
) -> None:
    with pytest.raises(Unavailable, match="interrupted at ComfyUI") as failed:
        await Asked(comfy, knobs={"interrupted": True}).answer()

    assert failed.value.settled


@pytest.mark.parametrize("gives", [IMAGE, AUDIO, TEXT])
async def test_an_ending_without_an_output_is_settled(comfy: StandIn, gives: Modality) -> None:
    asked = Asked(comfy, flow(TEXT, gives), knobs={"output": "none"})

    with pytest.raises(Unavailable, match=f"without a {gives}") as failed:
        await asked.answer()

    assert failed.value.settled


async def test_strange_answers_while_it_works_are_lived_through(comfy: StandIn) -> None:
    asked = Asked(comfy, knobs={"seconds": 1})
    comfy.control(default={"poll_errors": ["500", "drop", "garbage"]})

    output = await asked.answer()

    assert output.url
    assert len(asked.entries("charge")) == 1


async def test_a_server_that_was_restarted_no_longer_knows_the_prompt(comfy: StandIn) -> None:
    asked = Asked(comfy, knobs={"seconds": 60})
    work = asyncio.create_task(asked.answer())
    while not {"running", "The sampler"} & set(asked.shown):
        await asyncio.sleep(0.01)

    comfy.control(restart=True)

    with pytest.raises(Unavailable, match="no longer knows") as failed:
        await work
    assert failed.value.settled


async def test_a_server_that_is_down_was_not_reached(comfy: StandIn) -> None:
    asked = Asked(comfy)
    with (
        servers.pretending(known("http://127.0.0.1:9", asked.flow)),
        pytest.raises(web.Unreached),
    ):
        await registry.get_platform("comfyui").invoke(asked.call)


async def test_the_server_of_the_settings_is_asked_where_a_workflow_has_none(
    comfy: StandIn, settings: Settings
) -> None:
    asked = Asked(comfy, flow(server=""))
    platform = registry.get_platform("comfyui")

    settings.PLATFORM_URLS = {}
    with servers.pretending(known(comfy.url, asked.flow)):
        state = platform.availability(asked.flow.model, {})
    with pytest.raises(NotConfigured, match="COMFYUI_BASE_URL"):
        await asked.answer()
    settings.PLATFORM_URLS = {"COMFYUI_BASE_URL": comfy.url}

    assert not state.available
    assert "COMFYUI_BASE_URL" in state.reason
    assert (await asked.answer()).url


async def test_what_a_server_is_can_be_asked_without_a_prompt(comfy: StandIn) -> None:
    found = await asyncio.to_thread(registry.get_platform("comfyui").listing, comfy.url, "")

    assert found == [{"id": "ComfyUI 0.3.60"}, {"id": "cuda:0 Stand-in"}]


async def test_twenty_calls_share_one_queue_and_each_gets_its_own(comfy: StandIn) -> None:
    asked = [Asked(comfy, flow(TEXT, TEXT), input=f"number {n}") for n in range(20)]

    outputs = await asyncio.gather(*(one.answer() for one in asked))

    said = [
        json.loads(output.text.partition("about ")[2])["text"] for output in outputs if output.text
    ]
    assert said == [f"number {n}" for n in range(20)]
