from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from platforms.adapters.replicate import MAX_UPLOAD_BYTES, ROWS
from platforms.base import MediaFile, Modality
from platforms.errors import PlatformError, Refused, Unavailable
from platforms.payloads import INLINE_LIMIT
from platforms.registry import get_model
from tests.fake_servers import media
from tests.fake_servers.process import FakeServer
from tests.platforms.conftest import PAINTER, WRITER, Asked, settled

pytestmark = [pytest.mark.enable_socket, pytest.mark.asyncio]


def charges(provider: FakeServer, key: str) -> int:
    return sum(line["key"] == key for line in provider.entries("charge"))


async def test_a_picture_is_made_remembered_and_delivered_as_an_address(
    provider: FakeServer,
) -> None:
    asked = Asked({"seconds": 0.1})

    output = await asked.answer()

    assert output.url is not None
    assert httpx.get(output.url, trust_env=False).content.startswith(b"\x89PNG")
    assert output.seconds == 0.1
    assert len(asked.remembered) == 1
    assert charges(provider, asked.key) == 1


@pytest.mark.parametrize("name", ["wan-2.2-t2v-fast", "wan-2.2-i2v-fast"])
async def test_a_clip_is_made_of_words_and_of_a_picture(
    name: str, provider: FakeServer, tmp_path: Path
) -> None:
    model = get_model(f"replicate:{name}")
    picture = tmp_path / "in.png"
    picture.write_bytes(media.png("still"))
    given = "a red disc" if model.input is Modality.TEXT else MediaFile(picture, "image/png")

    output = await Asked(model=model, input=given).answer()

    assert output.url
    assert output.url.endswith(".mp4")
    assert httpx.get(output.url, trust_env=False).content[4:8] == b"ftyp"


async def test_a_fine_tune_is_asked_with_its_weights_and_in_its_own_words(
    provider: FakeServer,
) -> None:
    model = get_model("replicate:flux-dev-lora-ps1")
    asked = Asked(model=model)
    asked.call.parameters = {**model.defaults, **asked.call.parameters}

    output = await asked.answer()

    (line,) = [line for line in provider.entries("create") if line["key"] == asked.key]
    assert output.url
    assert line["model"] == "black-forest-labs/flux-dev-lora"
    assert line["input"]["prompt"] == "ps1 game screenshot, a red disc"
    assert line["input"]["lora_weights"] == "huggingface.co/veryVANYA/ps1-style-flux"


async def test_the_provider_is_told_key_and_deadline(provider: FakeServer) -> None:
    asked = Asked()

    await asked.answer()

    (line,) = [line for line in provider.entries("create") if line["key"] == asked.key]
    assert line["cancel_after"] == "300s"
    assert line["input"] == {"prompt": "a red disc"}


async def test_the_tile_shows_what_the_provider_says(provider: FakeServer) -> None:
    asked = Asked({"statuses": ["starting", "processing", "succeeded"]})

    await asked.answer()

    assert asked.shown == ["asking", "starting", "50%|#####     | 2/4"]


@pytest.mark.parametrize("kind", ["list", "object", "image"])
async def test_every_shape_of_an_address_is_understood(provider: FakeServer, kind: str) -> None:
    output = await Asked({"output": kind}).answer()

    assert output.url
    assert output.url.startswith(f"{provider.url}/files/")


async def test_an_inline_picture_is_decoded(provider: FakeServer) -> None:
    output = await Asked({"output": "data-uri"}).answer()

    assert output.data
    assert output.data.startswith(b"\x89PNG")
    assert output.content_type == "image/png"


async def test_pieces_of_text_are_joined(provider: FakeServer) -> None:
    output = await Asked(model=WRITER).answer()

    assert output.text
    assert output.text.endswith("about a red disc")


async def test_a_local_picture_travels_inside_the_request(
    provider: FakeServer, tmp_path: Path
) -> None:
    path = tmp_path / "in.png"
    path.write_bytes(media.png("in"))
    asked = Asked(model=replace(WRITER, input=Modality.IMAGE), input=MediaFile(path, "image/png"))

    await asked.answer()

    (line,) = [line for line in provider.entries("create") if line["key"] == asked.key]
    assert line["input"]["prompt"].startswith("data:image/png;base64,iVBOR")


async def test_a_file_too_large_to_travel_along_is_uploaded_first(
    provider: FakeServer, tmp_path: Path
) -> None:
    path = tmp_path / "in.wav"
    with path.open("wb") as file:
        file.truncate(INLINE_LIMIT + 1)
    listener = replace(WRITER, input=Modality.AUDIO)
    asked = Asked(model=listener, input=MediaFile(path, "audio/wav"))

    await asked.answer()

    (line,) = [line for line in provider.entries("create") if line["key"] == asked.key]
    assert line["input"]["prompt"].startswith(f"{provider.url}/v1/files/")
    assert provider.entries("upload")[-1]["bytes"] > INLINE_LIMIT
    assert asked.shown[0] == "uploading"


async def test_a_file_too_large_for_anybody_is_not_uploaded(
    provider: FakeServer, tmp_path: Path
) -> None:
    path = tmp_path / "in.wav"
    with path.open("wb") as file:
        file.truncate(MAX_UPLOAD_BYTES + 1)
    uploads = len(provider.entries("upload"))

    with pytest.raises(Refused, match="100 MB"):
        await Asked(
            model=replace(WRITER, input=Modality.AUDIO), input=MediaFile(path, "audio/wav")
        ).answer()

    assert len(provider.entries("upload")) == uploads


async def test_a_fast_model_is_waited_for_and_not_asked_again(provider: FakeServer) -> None:
    fast = Asked({"seconds": 0.1}, model=get_model("replicate:flux-schnell"))

    output = await fast.answer()

    assert output.url
    assert not any(line["id"] == fast.remembered[0] for line in provider.entries("followed"))


async def test_a_fast_model_that_is_slow_today_is_followed(provider: FakeServer) -> None:
    slow = Asked({"seconds": 60}, model=get_model("replicate:flux-schnell"))
    work = asyncio.create_task(slow.answer())
    while not any(line["id"] in slow.remembered for line in provider.entries("followed")):
        await asyncio.sleep(0.01)

    provider.control(finish=True)

    assert (await work).url


async def test_every_row_says_where_its_input_goes() -> None:
    assert all(row.input_field for row in ROWS.values())


async def test_a_community_model_is_asked_by_its_latest_version(provider: FakeServer) -> None:
    asked = Asked(model=replace(PAINTER, path="community/flux-test"))

    await asked.answer()

    (line,) = [line for line in provider.entries("charge") if line["key"] == asked.key]
    assert line["model"] == "latest-of-community-flux-test"


async def test_a_pinned_version_is_asked_for_directly(provider: FakeServer) -> None:
    asked = Asked(model=replace(PAINTER, version="flux-0123"))

    await asked.answer()

    (line,) = [line for line in provider.entries("create") if line["key"] == asked.key]
    assert line["model"] == "flux-0123"


# Adopting


async def test_an_earlier_prediction_is_collected_and_not_paid_again(provider: FakeServer) -> None:
    first = Asked()
    await first.answer()

    second = Asked(reference=first.remembered[0], key=first.key)
    output = await second.answer()

    assert output.url
    assert first.remembered[0] in output.url
    assert not second.remembered
    assert charges(provider, first.key) == 1


async def test_a_worker_that_dies_leaves_a_prediction_to_adopt(provider: FakeServer) -> None:
    asked = Asked({"seconds": 0.6})
    work = asyncio.create_task(asked.answer())
    while not asked.remembered:
        await asyncio.sleep(0.01)

    work.cancel()
    await asyncio.wait({work})
    output = await Asked(reference=asked.remembered[0], key=asked.key).answer()

    assert output.url
    assert charges(provider, asked.key) == 1
    assert not any(line["id"] == asked.remembered[0] for line in provider.entries("cancel"))


async def test_a_worker_told_to_go_while_asking_still_learns_the_id(provider: FakeServer) -> None:
    asked = Asked({"held": True})
    work = asyncio.create_task(asked.answer())
    await asked.charged(provider)

    work.cancel()
    await settled()
    provider.control(release=True)
    await asyncio.wait({work})

    assert work.cancelled()
    assert len(asked.remembered) == 1


async def test_a_prediction_the_provider_forgot_is_forgotten_here(provider: FakeServer) -> None:
    asked = Asked(reference="gone")

    with pytest.raises(Unavailable) as failed:
        await asked.answer()

    assert failed.value.settled
    assert charges(provider, asked.key) == 0


async def test_an_answer_lost_on_its_way_is_found_again_by_its_key(provider: FakeServer) -> None:
    lost = Asked({"error": "drop", "lost": True})
    with pytest.raises(Unavailable):
        await lost.answer()

    output = await Asked(key=lost.key).answer()

    assert output.url
    assert charges(provider, lost.key) == 1


async def test_fifty_calls_share_one_loop_and_one_pool(provider: FakeServer) -> None:
    asked = [Asked({"seconds": 0.5}) for _ in range(50)]

    outputs = await asyncio.gather(*(one.answer() for one in asked))

    assert len({output.url for output in outputs}) == 50
    assert not any(isinstance(output, PlatformError) for output in outputs)
