"""Moving pictures are as good as any: through the ring, on tiles and strips, over the API."""

from __future__ import annotations

from datetime import datetime

import pytest
from asgiref.sync import sync_to_async
from django.template.loader import render_to_string
from django.test import Client

from accounts.models import User
from invocations.engine import calls, placeholders
from invocations.models import Invocation, Run
from networks.models import Network
from platforms.base import Modality
from studio import tiles
from studio.tiles import TileOptions

from .conftest import ring
from .manual_worker import perform, start, states, take

Slot = str | dict[str, object]
NO_WAIT = [{"until_seconds": None, "delay_seconds": 0}]
CINEMA = ("dummy:text-to-video", "dummy:video-to-text")
pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


async def turned(alice: User, at: datetime, threads: calls.CallThreads, *slots: Slot) -> Run:
    """A public ring's run after each of its models has had one turn."""

    def begin() -> Run:
        network = Network.create(
            alice,
            name="Cinema",
            public=True,
            slots=ring(*slots),
            pacing=NO_WAIT,
        )
        assert network.problems() == []
        return start(network, at)

    run = await sync_to_async(begin)()
    for _ in slots:
        await perform(await sync_to_async(take)(run, at), threads)
    return run


def step_of(run: Run, sequence: int) -> Invocation:
    found = run.invocations.select_related("output_asset", "input_asset", "run__network")
    return found.get(sequence=sequence)


async def test_a_ring_with_a_clip_in_it_turns(
    alice: User, at: datetime, threads: calls.CallThreads
) -> None:
    run = await turned(alice, at, threads, *CINEMA)

    clip = await sync_to_async(step_of)(run, 0)
    said = await sync_to_async(step_of)(run, 1)
    assert (await sync_to_async(states)(run))[:2] == ["completed", "completed"]
    assert clip.output_asset
    assert (clip.output_asset.kind, clip.output_asset.content_type) == ("video", "video/mp4")
    assert clip.output_asset.poster_url
    assert clip.output_asset.seconds == pytest.approx(1.0, abs=0.2)
    assert said.input_asset == clip.output_asset
    assert said.output_text


async def test_a_clip_is_shown_on_a_wall_muted_and_on_a_strip_when_it_is_looked_at(
    alice: User, at: datetime, threads: calls.CallThreads
) -> None:
    run = await turned(alice, at, threads, *CINEMA)
    clip = await sync_to_async(step_of)(run, 0)

    def render(options: TileOptions) -> str:
        return render_to_string(
            "studio/_tile.html", {"tile": tiles.step_tile(clip, options=options)}
        )

    wall = await sync_to_async(render)(tiles.WALL)
    strip = await sync_to_async(render)(TileOptions(lazy=True))
    assert clip.output_asset
    assert 'data-modality="video"' in wall
    assert f'<video src="{clip.output_asset.url}" poster="{clip.output_asset.poster_url}"' in wall
    assert "muted" in wall
    assert "autoplay" in wall
    assert "autoplay" not in strip
    assert "a red balloon" in wall  # what it was made of, to whoever cannot see it


async def test_every_page_of_a_run_shows_the_clip(
    alice: User, at: datetime, threads: calls.CallThreads
) -> None:
    run = await turned(alice, at, threads, *CINEMA)
    clip = await sync_to_async(step_of)(run, 0)

    def pages() -> list[str]:
        visitor = Client()
        paths = [
            run.get_absolute_url(),
            clip.get_absolute_url(),
            clip.get_absolute_url() + "?screen=1",
            run.network.get_absolute_url(),
            run.network.get_absolute_url() + "wall/",
        ]
        return [visitor.get(path).content.decode() for path in paths]

    for page in await sync_to_async(pages)():
        assert "<video" in page


async def test_the_api_tells_a_clip_with_its_size_and_length(
    alice: User, at: datetime, threads: calls.CallThreads
) -> None:
    run = await turned(alice, at, threads, *CINEMA)

    def output_asset() -> dict[str, object]:
        path = f"/api/v1/runs/{run.public_id}/invocations"
        items = Client().get(path).json()["items"]
        found: dict[str, object] = items[0]["output"]["asset"]
        return found

    asset = await sync_to_async(output_asset)()
    assert asset["type"] == "video/mp4"
    assert (asset["width"], asset["height"]) == (160, 160)
    assert asset["seconds"] == pytest.approx(1.0, abs=0.2)


async def test_a_clip_that_is_declined_is_replaced_by_a_harmless_one(
    alice: User, at: datetime, threads: calls.CallThreads
) -> None:
    refusing: Slot = {"model": CINEMA[0], "parameters": {"fail": ["Refused"]}}

    run = await turned(alice, at, threads, refusing, CINEMA[1])

    clip = await sync_to_async(step_of)(run, 0)
    assert clip.substituted
    assert clip.output_asset
    assert clip.output_asset.kind == "video"
    assert (await sync_to_async(step_of)(run, 1)).output_text


@pytest.mark.parametrize("modality", [one for one in Modality if one is not Modality.TEXT])
async def test_there_is_a_placeholder_of_every_modality_and_always_the_same(
    modality: Modality,
) -> None:
    first = await sync_to_async(placeholders.asset)(modality)
    second = await sync_to_async(placeholders.asset)(modality)

    assert first
    assert first.kind == modality
    assert first == second
