"""OpenAI's own client, in every modality, against a fake server that speaks its wire format."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from platforms.adapters import openai
from platforms.base import MediaFile, Modality
from platforms.catalogue import Row
from platforms.errors import NotConfigured, RateLimited, Refused, Unavailable, Unusable
from platforms.payloads import SILENCE
from tests.fake_servers import media
from tests.fake_servers.process import FakeServer
from tests.platforms.hosted_platforms import HOSTED, Asked, HostedPlatform

pytestmark = [pytest.mark.enable_socket, pytest.mark.asyncio]
TEXT, IMAGE, AUDIO = Modality.TEXT, Modality.IMAGE, Modality.AUDIO
PAINTER = HOSTED["openai"].model(TEXT, IMAGE)
SPEAKER = HOSTED["openai"].model(TEXT, AUDIO)
LISTENER = HOSTED["openai"].model(AUDIO, TEXT)
WRITER = HOSTED["openai"].writer()


@pytest_asyncio.fixture
async def hosted() -> HostedPlatform:
    return HOSTED["openai"]


async def test_a_text_goes_with_the_instructions_and_the_settings(vendor: FakeServer) -> None:
    asked = Asked(vendor, WRITER, parameters={"instructions": "Be brief.", "top_p": 0.5})

    await asked.answer()

    assert asked.request()["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "a red disc"},
    ]
    assert asked.request()["model"] == WRITER.path
    assert asked.request()["top_p"] == 0.5
    assert "instructions" not in asked.request()


async def test_a_picture_is_looked_at_with_a_question(vendor: FakeServer, tmp_path: Path) -> None:
    path = tmp_path / "in.png"
    path.write_bytes(media.png("in"))
    looker = HOSTED["openai"].model(IMAGE, TEXT)
    asked = Asked(vendor, looker, input=MediaFile(path, "image/png"))

    output = await asked.answer()

    (message,) = asked.request()["messages"]
    assert message["content"][1]["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
    assert output.text
    assert "Describe this picture" in output.text


async def test_a_picture_is_painted_and_comes_along(vendor: FakeServer) -> None:
    asked = Asked(vendor, PAINTER)

    output = await asked.answer()

    assert output.data
    assert output.data.startswith(b"\x89PNG")
    assert output.content_type == "image/png"
    assert asked.request()["size"] == "1536x864"


async def test_a_picture_may_come_as_an_address(vendor: FakeServer) -> None:
    output = await Asked(vendor, PAINTER, {"output": "url"}).answer()

    assert output.url
    assert httpx.get(output.url, trust_env=False).content.startswith(b"\x89PNG")


async def test_a_text_is_spoken(vendor: FakeServer) -> None:
    asked = Asked(vendor, SPEAKER, input="x" * 5000)

    output = await asked.answer()

    assert output.data
    assert output.data.startswith(b"RIFF")
    assert output.content_type == "audio/wav"
    assert asked.request()["voice"] == "alloy"
    (line,) = asked.entries("create")
    assert 4096 < line["length"] < 5000


async def test_a_recording_is_heard(vendor: FakeServer, tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(media.wav("in"))

    output = await Asked(vendor, LISTENER, input=MediaFile(path, "audio/wav")).answer()

    assert output.text == "Fake words heard in input.wav"


async def test_a_recording_that_is_too_long_is_not_sent(vendor: FakeServer, tmp_path: Path) -> None:
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
    vendor: FakeServer, tmp_path: Path, model: object, knobs: dict[str, object]
) -> None:
    assert isinstance(model, type(WRITER))
    path = tmp_path / "in"
    path.write_bytes(media.wav("in"))
    given = MediaFile(path, "audio/wav") if model.input is AUDIO else "a red disc"
    asked = Asked(vendor, model, knobs, input=given)
    if model is LISTENER and knobs == {"output": "none"}:
        assert (await asked.answer()).text == SILENCE  # nobody speaks in it
        return

    with pytest.raises(Unavailable) as failed:
        await asked.answer()

    assert failed.value.settled


@pytest.mark.parametrize("manner", ["message", "filter"])
async def test_a_model_that_declines_has_refused_the_content(
    vendor: FakeServer, manner: str
) -> None:
    with pytest.raises(Refused) as failed:
        await Asked(vendor, WRITER, {"refusal": manner}).answer()

    assert failed.value.kind == "sensitive"


async def test_a_text_that_ran_out_of_tokens_says_so(vendor: FakeServer) -> None:
    with pytest.raises(Unavailable, match="out of tokens"):
        await Asked(vendor, WRITER, {"output": "length"}).answer()


@pytest.mark.parametrize(
    ("code", "expected"),
    [("insufficient_quota", NotConfigured), ("rate_limit_exceeded", RateLimited)],
)
async def test_an_empty_account_is_not_a_busy_one(
    vendor: FakeServer, code: str, expected: type[Exception]
) -> None:
    words = "You exceeded your current quota, please check your plan and billing details."

    with pytest.raises(expected):
        await Asked(vendor, WRITER, {"error": "429", "detail": words, "code": code}).answer()


async def test_a_code_says_refused_where_the_words_do_not(vendor: FakeServer) -> None:
    knobs = {"error": "400", "detail": "Try something else.", "code": "moderation_blocked"}

    with pytest.raises(Refused) as failed:
        await Asked(vendor, PAINTER, knobs).answer()

    assert failed.value.kind == "sensitive"


async def test_tokens_are_priced_where_the_catalogue_knows_the_price(
    vendor: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    prices = {"input": 1.0, "cached": 0.1, "output": 4.0}
    monkeypatch.setitem(openai.ROWS, WRITER.id, Row(WRITER, prices=prices))

    output = await Asked(vendor, WRITER).answer()

    assert output.usd == pytest.approx((200 * 1.0 + 100 * 0.1 + 50 * 4.0) / 1e6)


@pytest.mark.parametrize("output", ["none", "empty"])
async def test_a_picture_that_is_none_is_charged_by_its_tokens(
    vendor: FakeServer, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    prices = {"input": 1.0, "output": 4.0}
    monkeypatch.setitem(openai.ROWS, PAINTER.id, Row(PAINTER, prices=prices))

    with pytest.raises(Unusable) as failed:
        await Asked(vendor, PAINTER, {"output": output}).answer()

    assert failed.value.is_charged
    assert failed.value.usd == pytest.approx((20 * 1.0 + 400 * 4.0) / 1e6)


async def test_a_refusal_in_an_answer_is_charged_by_its_tokens(
    vendor: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    prices = {"input": 1.0, "cached": 0.1, "output": 4.0}
    monkeypatch.setitem(openai.ROWS, WRITER.id, Row(WRITER, prices=prices))

    with pytest.raises(Refused) as failed:
        await Asked(vendor, WRITER, {"refusal": "message"}).answer()

    assert failed.value.usd == pytest.approx((200 * 1.0 + 100 * 0.1 + 50 * 4.0) / 1e6)


async def test_the_fake_server_speaks_the_format_of_the_official_client(vendor: FakeServer) -> None:
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
