"""Anthropic's own client, against a fake server that speaks its wire format."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from PIL import Image

from platforms.adapters import anthropic
from platforms.base import MediaFile, Modality
from platforms.catalogue import Row
from platforms.errors import NotConfigured, Refused, Unavailable
from tests.fake_servers import media
from tests.fake_servers.process import FakeServer
from tests.platforms.hosted_platforms import HOSTED, Asked, HostedPlatform

pytestmark = [pytest.mark.enable_socket, pytest.mark.asyncio]
WRITER = HOSTED["anthropic"].writer()
LOOKER = HOSTED["anthropic"].model(Modality.IMAGE, Modality.TEXT)


@pytest_asyncio.fixture
async def hosted() -> HostedPlatform:
    return HOSTED["anthropic"]


async def test_a_text_goes_with_the_instructions_and_the_settings(vendor: FakeServer) -> None:
    asked = Asked(vendor, WRITER, parameters={"instructions": "Be brief.", "max_tokens": 300})

    output = await asked.answer()

    request = asked.request()
    assert output.text
    assert output.text.startswith("Fake answer")
    assert request["system"] == "Be brief."
    assert request["max_tokens"] == 300
    assert request["messages"] == [{"role": "user", "content": "a red disc"}]
    assert "instructions" not in request


async def test_a_picture_is_looked_at_with_a_question(vendor: FakeServer, tmp_path: Path) -> None:
    path = tmp_path / "in.png"
    path.write_bytes(media.png("in"))
    asked = Asked(vendor, LOOKER, input=MediaFile(path, "image/png"))

    output = await asked.answer()

    picture = asked.request()["messages"][0]["content"][0]
    assert picture["source"]["media_type"] == "image/png"
    assert picture["source"]["data"].startswith("iVBOR")
    assert output.text
    assert "Describe this picture" in output.text


async def test_a_picture_too_large_to_send_is_made_smaller(
    vendor: FakeServer, tmp_path: Path
) -> None:
    path = tmp_path / "in.png"
    Image.frombytes("RGB", (1400, 1400), os.urandom(1400 * 1400 * 3)).save(path)
    assert path.stat().st_size > 5_000_000
    asked = Asked(vendor, LOOKER, input=MediaFile(path, "image/png", "https://panic.test/in.png"))

    await asked.answer()

    source = asked.request()["messages"][0]["content"][0]["source"]
    assert (source["type"], source["media_type"]) == ("base64", "image/jpeg")


async def test_thoughts_are_not_the_answer(vendor: FakeServer) -> None:
    output = await Asked(vendor, WRITER, {"output": "thinking"}).answer()

    assert output.text
    assert "Hm." not in output.text


async def test_a_model_that_declines_has_refused_the_content(vendor: FakeServer) -> None:
    with pytest.raises(Refused, match="declined: This request") as failed:
        await Asked(vendor, WRITER, {"refusal": "message"}).answer()

    assert failed.value.kind == "sensitive"


async def test_a_text_that_ran_out_of_tokens_says_so(vendor: FakeServer) -> None:
    with pytest.raises(Unavailable, match="out of tokens"):
        await Asked(vendor, WRITER, {"output": "length"}).answer()


async def test_an_empty_account_is_not_a_bad_request(vendor: FakeServer) -> None:
    words = "Your credit balance is too low to access the Anthropic API."

    with pytest.raises(NotConfigured, match="credit"):
        await Asked(vendor, WRITER, {"error": "400", "detail": words}).answer()


async def test_tokens_are_priced_where_the_catalogue_knows_every_price(
    vendor: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    prices = {"input": 1.0, "output": 5.0}
    monkeypatch.setitem(anthropic.ROWS, WRITER.id, Row(WRITER, prices=prices))
    half_known = await Asked(vendor, WRITER).answer()

    monkeypatch.setitem(anthropic.ROWS, WRITER.id, Row(WRITER, prices={**prices, "cached": 0.1}))
    known = await Asked(vendor, WRITER).answer()

    assert half_known.usd is None
    assert known.usd == pytest.approx((200 * 1.0 + 100 * 0.1 + 50 * 5.0) / 1e6)


async def test_the_fake_server_speaks_the_format_of_the_official_client(vendor: FakeServer) -> None:
    from anthropic.types import Message

    headers = {"Authorization": "Bearer sk-secret", "anthropic-version": "2023-06-01"}
    asked = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
    with httpx.Client(base_url=vendor.url, headers=headers, trust_env=False) as client:
        answers = [client.post("v1/messages", json=asked)]
        for knobs in ({"refusal": "message"}, {"output": "thinking"}, {"output": "length"}):
            vendor.control(next=[knobs])
            answers.append(client.post("v1/messages", json=asked))

    for one in answers:
        Message.model_validate(one.json())
