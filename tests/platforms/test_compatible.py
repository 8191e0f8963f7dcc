"""Model servers: what they list, and what happens while they do not answer."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import pytest_asyncio
from pytest_django.fixtures import Settings

from platforms import chat, registry
from platforms.adapters import compatible
from platforms.adapters.compatible import KEY, Compatible
from platforms.base import MediaFile, Modality, Output
from platforms.errors import NotConfigured
from tests.fake_servers import media
from tests.fake_servers.process import FakeServer
from tests.platforms.hosted_platforms import HOSTED, Asked, HostedPlatform

pytestmark = [pytest.mark.enable_socket, pytest.mark.asyncio]


@pytest_asyncio.fixture
async def hosted() -> HostedPlatform:
    return HOSTED["compatible"]


@pytest.fixture(autouse=True)
def nothing_known_yet(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path
    settings.PLATFORM_KEYS = {}


def ids() -> list[str]:
    return [model.id for model in registry.get_platform("compatible").models()]


async def test_what_a_server_lists_can_be_put_into_a_ring(vendor: FakeServer) -> None:
    assert ids() == [
        "compatible:box.llama3.2-3b",
        "compatible:box.qwen-qwen2.5-vl-7b-instruct",
        "compatible:box.qwen-qwen2.5-vl-7b-instruct-caption",
    ]
    assert registry.get_model("compatible:box.llama3.2-3b").path == "llama3.2:3b"


async def test_without_servers_there_are_no_models(settings: Settings) -> None:
    settings.COMPATIBLE_SERVERS = {}

    assert ids() == []


async def test_a_picture_is_looked_at(vendor: FakeServer, tmp_path: Path) -> None:
    path = tmp_path / "in.png"
    path.write_bytes(media.png("in"))
    looker = HOSTED["compatible"].model(Modality.IMAGE, Modality.TEXT)

    output = await Asked(vendor, looker, input=MediaFile(path, "image/png")).answer()

    assert output.text
    assert "Describe this picture" in output.text


async def test_nobody_waits_for_a_slow_server_to_know_what_there_is(
    vendor: FakeServer, tmp_path: Path
) -> None:
    (tmp_path / "compatible.json").unlink()
    vendor.control(default={"listing_seconds": 1.0})
    platform = Compatible()

    assert list(platform.models()) == []  # asked, and not waited for: the list would have come

    until = time.monotonic() + 30
    while not platform.models():
        assert time.monotonic() < until
        time.sleep(0.02)
    vendor.control(default={"listing_seconds": 0})


@pytest.mark.parametrize("manner", ["down", "garbage"])
async def test_a_server_that_is_away_keeps_its_models_and_says_so(
    vendor: FakeServer, settings: Settings, manner: str
) -> None:
    model = HOSTED["compatible"].writer()
    platform = registry.get_platform("compatible")
    assert platform.availability(model, {}).available

    vendor.control(default={"listing": manner})
    if manner == "down":
        settings.COMPATIBLE_SERVERS = {"box": "http://127.0.0.1:9/v1"}
    compatible.look()
    vendor.control(default={"listing": ""})

    state = platform.availability(model, {})
    assert model.id in ids()
    assert not state.available
    assert "box does not answer" in state.reason


async def test_a_server_is_asked_with_its_own_key_only(
    vendor: FakeServer, settings: Settings
) -> None:
    settings.PLATFORM_KEYS = {KEY: "box=secret-of-box,rack=secret-of-rack"}
    compatible.look()
    model = HOSTED["compatible"].writer()
    platform = registry.get_platform("compatible")

    assert vendor.entries("listed")[-1]["authorization"] == "Bearer secret-of-box"
    assert not platform.availability(model, {}).available
    assert KEY in platform.availability(model, {}).reason
    assert platform.availability(model, settings.PLATFORM_KEYS).available


async def test_a_server_that_was_taken_from_the_settings_is_not_configured(
    vendor: FakeServer, settings: Settings
) -> None:
    asked = Asked(vendor, HOSTED["compatible"].writer())
    settings.COMPATIBLE_SERVERS = {"rack": "http://127.0.0.1:9/v1"}

    with pytest.raises(NotConfigured, match="no server box"):
        await asked.answer()


async def test_a_parameter_that_is_refused_is_sent_as_the_model_takes_it(
    vendor: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "_compatibilities", {})
    words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    asked = Asked(vendor, HOSTED["compatible"].writer())
    vendor.control(next=[{"error": "400", "detail": words}, {}])

    output = await registry.get_platform("compatible").invoke(asked.call)

    assert isinstance(output, Output)
    assert output.text
    first, second = (
        line["asked"]
        for line in vendor.entries("create")
        if line["key"] in {asked.key, f"{asked.key}-1"}
    )
    assert second["max_completion_tokens"] == first["max_tokens"]
    assert "max_tokens" not in second
