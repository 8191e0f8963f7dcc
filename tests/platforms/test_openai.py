"""OpenAI's own client, in every modality, against a stand-in that speaks its wire format."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from platforms.adapters import openai
from platforms.base import MediaFile, Modality
from platforms.catalogue import Row
from platforms.errors import NotConfigured, RateLimited, Refused, Unavailable
from tests.platforms.houses import HOUSES, Asked, House
from tests.standins import media
from tests.standins.process import StandIn

pytestmark = [pytest.mark.enable_socket, pytest.mark.asyncio]
TEXT, IMAGE, AUDIO = Modality.TEXT, Modality.IMAGE, Modality.AUDIO
PAINTER = HOUSES["openai"].model(TEXT, IMAGE)
SPEAKER = HOUSES["openai"].model(TEXT, AUDIO)
LISTENER = HOUSES["openai"].model(AUDIO, TEXT)
WRITER = HOUSES["openai"].writer()


@pytest_asyncio.fixture
async def house() -> House:
    return HOUSES["openai"]


async def test_a_text_goes_with_the_instructions_and_the_settings(vendor: StandIn) -> None:
    asked = Asked(vendor, WRITER, parameters={"instructions": "Be brief.", "top_p": 0.5})

    await asked.answer()

    assert asked.request()["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "a red disc"},
    ]
    assert asked.request()["model"] == WRITER.path
    assert asked.request()["top_p"] == 0.5
    assert "instructions" not in asked.request()


async def test_a_picture_is_looked_at_with_a_question(vendor: StandIn, tmp_path: Path) -> None:
    path = tmp_path / "in.png"
    path.write_bytes(media.png("in"))
    looker = HOUSES["openai"].model(IMAGE, TEXT)
    asked = Asked(vendor, looker, input=MediaFile(path, "image/png"))

    output = await asked.answer()

    (message,) = asked.request()["messages"]
    assert message["content"][1]["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
    assert output.text
    assert "Describe this picture" in output.text


async def test_a_picture_is_painted_and_comes_along(vendor: StandIn) -> None:
    asked = Asked(vendor, PAINTER)

    output = await asked.answer()

    assert output.data
    assert output.data.startswith(b"\x89PNG")
    assert output.content_type == "image/png"
    assert asked.request()["size"] == "1536x864"


async def test_a_picture_may_come_as_an_address(vendor: StandIn) -> None:
    output = await Asked(vendor, PAINTER, {"output": "url"}).answer()

    assert output.url
    assert httpx.get(output.url, trust_env=False).content.startswith(b"\x89PNG")


async def test_a_text_is_spoken(vendor: StandIn) -> None:
    asked = Asked(vendor, SPEAKER, input="x" * 5000)

    output = await asked.answer()

    assert output.data
    assert output.data.startswith(b"RIFF")
    assert output.content_type == "audio/wav"
    assert asked.request()["voice"] == "alloy"
    (line,) = asked.entries("create")
    assert 4096 < line["length"] < 5000


async def test_a_recording_is_heard(vendor: StandIn, tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(media.wav("in"))

    output = await Asked(vendor, LISTENER, input=MediaFile(path, "audio/wav")).answer()

    assert output.text == "Stand-in words heard in input.wav"


async def test_a_recording_that_is_too_long_is_not_sent(vendor: StandIn, tmp_path: Path) -> None:
    path = tmp_path / "in"
    with path.open("wb") as file:
        file.truncate(openai.LARGEST_RECORDING + 1)
    asked = Asked(vendor, LISTENER, input=MediaFile(path, "audio/wav"))

    with pytest.raises(Refused, match="25 MB"):
        await asked.answer()

    assert not asked.entries("create")


@pytest.mark.parametrize("model", [PAINTER, SPEAKER, LISTENER], ids=lambda model: model.id)
@pytest.mark.parametrize("knobs", [{"output": "none"}, {"error": "empty"}, {"error": "garbage"}])
async def test_an_answer_without_what_was_asked_for_is_no_success(
    vendor: StandIn, tmp_path: Path, model: object, knobs: dict[str, object]
) -> None:
    assert isinstance(model, type(WRITER))
    path = tmp_path / "in"
    path.write_bytes(media.wav("in"))
    given = MediaFile(path, "audio/wav") if model.input is AUDIO else "a red disc"

    with pytest.raises(Unavailable) as failed:
        await Asked(vendor, model, knobs, input=given).answer()

    assert failed.value.settled


@pytest.mark.parametrize("manner", ["message", "filter"])
async def test_a_model_that_declines_has_refused_the_content(vendor: StandIn, manner: str) -> None:
    with pytest.raises(Refused) as failed:
        await Asked(vendor, WRITER, {"refusal": manner}).answer()

    assert failed.value.kind == "sensitive"


async def test_a_text_that_ran_out_of_tokens_says_so(vendor: StandIn) -> None:
    with pytest.raises(Unavailable, match="out of tokens"):
        await Asked(vendor, WRITER, {"output": "length"}).answer()


@pytest.mark.parametrize(
    ("code", "expected"),
    [("insufficient_quota", NotConfigured), ("rate_limit_exceeded", RateLimited)],
)
async def test_an_empty_account_is_not_a_busy_one(
    vendor: StandIn, code: str, expected: type[Exception]
) -> None:
    words = "You exceeded your current quota, please check your plan and billing details."

    with pytest.raises(expected):
        await Asked(vendor, WRITER, {"error": "429", "detail": words, "code": code}).answer()


async def test_a_code_says_refused_where_the_words_do_not(vendor: StandIn) -> None:
    knobs = {"error": "400", "detail": "Try something else.", "code": "moderation_blocked"}

    with pytest.raises(Refused) as failed:
        await Asked(vendor, PAINTER, knobs).answer()

    assert failed.value.kind == "sensitive"


async def test_tokens_are_priced_where_the_catalogue_knows_the_price(
    vendor: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    prices = {"input": 1.0, "cached": 0.1, "output": 4.0}
    monkeypatch.setitem(openai.ROWS, WRITER.id, Row(WRITER, prices=prices))

    output = await Asked(vendor, WRITER).answer()

    assert output.usd == pytest.approx((200 * 1.0 + 100 * 0.1 + 50 * 4.0) / 1e6)


async def test_the_stand_in_speaks_the_format_of_the_official_client(vendor: StandIn) -> None:
    from openai.types import ImagesResponse
    from openai.types.audio import Transcription
    from openai.types.chat import ChatCompletion

    headers = {"Authorization": "Bearer sk-secret"}
    chat = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
    with httpx.Client(base_url=f"{vendor.url}/v1", headers=headers, trust_env=False) as client:
        said = client.post("chat/completions", json=chat)
        painted = client.post("images/generations", json={"model": "m", "prompt": "hello"})
        heard = client.post("audio/transcriptions", files={"file": ("a.wav", b"RIFF")})

    ChatCompletion.model_validate(said.json())
    ImagesResponse.model_validate(painted.json())
    Transcription.model_validate(heard.json())
