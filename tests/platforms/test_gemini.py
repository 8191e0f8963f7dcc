"""Google's own client, in every modality, against a fake server that speaks its wire format."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from platforms.adapters import gemini
from platforms.base import MediaFile, Modality, Model
from platforms.catalogue import Row
from platforms.errors import NotConfigured, RateLimited, Refused, Unavailable
from tests.fake_servers import media
from tests.fake_servers.process import FakeServer
from tests.platforms.hosted_platforms import HOSTED, Asked, HostedPlatform

pytestmark = [pytest.mark.enable_socket, pytest.mark.asyncio]
TEXT, IMAGE, AUDIO = Modality.TEXT, Modality.IMAGE, Modality.AUDIO
WRITER = HOSTED["gemini"].writer()
LOOKER = HOSTED["gemini"].model(IMAGE, TEXT)
LISTENER = HOSTED["gemini"].model(AUDIO, TEXT)
WATCHER = HOSTED["gemini"].model(Modality.VIDEO, TEXT)
PAINTER = HOSTED["gemini"].model(TEXT, IMAGE)


@pytest_asyncio.fixture
async def hosted() -> HostedPlatform:
    return HOSTED["gemini"]


async def test_a_text_goes_with_the_instructions_and_the_settings(vendor: FakeServer) -> None:
    asked = Asked(vendor, WRITER, parameters={"instructions": "Be brief.", "temperature": 0.5})

    await asked.answer()

    request = asked.request()
    assert request["systemInstruction"]["parts"] == [{"text": "Be brief."}]
    assert request["generationConfig"]["temperature"] == 0.5
    assert request["contents"][0]["parts"] == [{"text": "a red disc"}]


@pytest.mark.parametrize(
    ("model", "content", "kind"),
    [
        (LOOKER, media.png("in"), "image/png"),
        (LISTENER, media.wav("in"), "audio/wav"),
        (WATCHER, media.mp4(), "video/mp4"),
    ],
    ids=["picture", "sound", "clip"],
)
async def test_media_come_along_as_what_they_are_with_a_question(
    vendor: FakeServer, tmp_path: Path, model: Model, content: bytes, kind: str
) -> None:
    path = tmp_path / "in"
    path.write_bytes(content)
    asked = Asked(vendor, model, input=MediaFile(path, kind))

    output = await asked.answer()

    given, question = asked.request()["contents"][0]["parts"]
    assert kind in given["inlineData"].values()
    assert question["text"].startswith("Describe this")
    assert output.text
    assert kind in output.text


async def test_a_picture_is_painted_and_comes_along(vendor: FakeServer) -> None:
    asked = Asked(vendor, PAINTER)

    output = await asked.answer()

    assert output.data
    assert output.data.startswith(b"\x89PNG")
    assert output.content_type == "image/png"
    assert asked.request()["generationConfig"]["imageConfig"] == {"aspectRatio": "16:9"}


@pytest.mark.parametrize("output", ["none", "text"])
async def test_an_answer_without_a_picture_is_no_success(vendor: FakeServer, output: str) -> None:
    with pytest.raises(Unavailable, match="no image") as failed:
        await Asked(vendor, PAINTER, {"output": output}).answer()

    assert failed.value.settled


async def test_a_file_that_is_too_large_is_not_sent(vendor: FakeServer, tmp_path: Path) -> None:
    path = tmp_path / "in"
    with path.open("wb") as file:
        file.truncate(gemini.LARGEST_INPUT + 1)
    asked = Asked(vendor, LISTENER, input=MediaFile(path, "audio/wav"))

    with pytest.raises(Refused, match="14 MB"):
        await asked.answer()

    assert not asked.entries("create")


async def test_thoughts_are_not_the_answer(vendor: FakeServer) -> None:
    output = await Asked(vendor, WRITER, {"output": "thinking"}).answer()

    assert output.text
    assert "Hm." not in output.text


@pytest.mark.parametrize("refusal", ["prompt", *sorted(gemini.DECLINED)])
@pytest.mark.parametrize("model", [WRITER, PAINTER], ids=["text", "picture"])
async def test_every_reason_that_means_the_content_is_a_refusal(
    vendor: FakeServer, model: Model, refusal: str
) -> None:
    with pytest.raises(Refused) as failed:
        await Asked(vendor, model, {"refusal": refusal}).answer()

    assert failed.value.kind == "sensitive"


@pytest.mark.filterwarnings("ignore:A_REASON_OF_TOMORROW is not a valid")
@pytest.mark.parametrize("reason", ["MAX_TOKENS", "OTHER", "NO_IMAGE", "A_REASON_OF_TOMORROW"])
async def test_any_other_reason_is_named_and_tried_again(vendor: FakeServer, reason: str) -> None:
    with pytest.raises(Unavailable, match=reason) as failed:
        await Asked(vendor, WRITER, {"refusal": reason}).answer()

    assert failed.value.settled


async def test_a_bad_key_is_not_a_bad_request(vendor: FakeServer) -> None:
    words = "API key not valid. Please pass a valid API key."

    with pytest.raises(NotConfigured, match="GEMINI_API_KEY"):
        await Asked(vendor, WRITER, {"error": "400", "detail": words}).answer()


async def test_a_spent_minute_is_not_an_empty_account(vendor: FakeServer) -> None:
    words = "You exceeded your current quota, please check your plan and billing details."

    with pytest.raises(RateLimited) as failed:
        await Asked(vendor, WRITER, {"error": "429", "detail": words, "code": "34.5s"}).answer()

    assert failed.value.retry_after == 34.5


async def test_tokens_are_priced_where_the_catalogue_knows_the_price(
    vendor: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    prices = {"input": 1.0, "input_audio": 3.0, "output": 4.0}
    monkeypatch.setitem(gemini.ROWS, WRITER.id, Row(WRITER, prices=prices))

    output = await Asked(vendor, WRITER).answer()

    assert output.usd == pytest.approx((100 * 1.0 + 200 * 3.0 + 50 * 4.0) / 1e6)


async def test_the_fake_server_speaks_the_format_of_the_official_client(vendor: FakeServer) -> None:
    from google.genai.types import GenerateContentResponse

    asked = {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}
    headers = {"x-goog-api-key": "secret"}
    url = f"{vendor.url}/v1/models/m:generateContent"
    for knobs in ({}, {"refusal": "prompt"}, {"refusal": "SAFETY"}, {"output": "thinking"}):
        vendor.control(next=[knobs])
        answer = httpx.post(url, json=asked, headers=headers, trust_env=False)

        GenerateContentResponse.model_validate(answer.json())
