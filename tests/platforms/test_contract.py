"""What every platform promises, whoever wrote it: a new adapter is tested by being there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from platforms import http, http_pool, registry
from platforms.base import Call, MediaFile, Modality, Model, Platform
from platforms.checks import check_catalogue
from platforms.errors import Cancelled, NotConfigured, PlatformError
from platforms.parameters import problems, unknown_keywords

ROOT = Path(__file__).resolve().parents[2]
PLATFORMS = registry.all_platforms()
MODELS = registry.all_models()
each_keyed_platform = pytest.mark.parametrize(
    "platform", [one for one in PLATFORMS if one.key_settings], ids=lambda one: one.slug
)
each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)


def call_to(model: Model, platform: Platform, folder: Path) -> Call:
    given: str | MediaFile = "a red disc"
    if model.input is not Modality.TEXT:
        path = folder / "input.bin"
        path.write_bytes(b"not really media")
        given = MediaFile(path, "application/octet-stream")
    credentials = dict.fromkeys(platform.key_settings, "a-key")
    return Call(model, given, dict(model.defaults), credentials, idempotency_key="key")


def test_there_are_platforms_to_test() -> None:
    assert {"dummy", "replicate", "openai", "anthropic", "gemini", "compatible", "comfyui"} <= {
        platform.slug for platform in PLATFORMS
    }


def test_no_vendors_client_is_loaded_before_somebody_asks_for_it() -> None:
    vendors = {"openai", "anthropic", "google.genai", "httpx2", "replicate", "websockets"}
    script = (
        "import django, sys; django.setup(); "
        f"loaded = {vendors} & set(sys.modules); assert not loaded, loaded"
    )

    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_no_id_is_used_twice() -> None:
    ids = [model.id for model in MODELS]

    assert len(ids) == len(set(ids))


@each_model
def test_a_model_says_what_it_is(model: Model) -> None:
    assert re.fullmatch(r"[a-z0-9]+:[a-z0-9][a-z0-9.-]*", model.id)
    assert model.name
    assert isinstance(model.input, Modality)
    assert isinstance(model.output, Modality)
    assert model.deadline_seconds > 0
    assert model.usd is None or model.usd >= 0
    assert model.seconds is None or 0 < model.seconds < model.deadline_seconds


@each_model
def test_what_a_slot_may_set_is_a_json_schema_that_admits_the_defaults(model: Model) -> None:
    properties = model.parameters.get("properties", {})
    assert isinstance(properties, dict)
    settable = {name: value for name, value in model.defaults.items() if name in properties}

    assert not unknown_keywords(model.parameters)
    assert model.parameters.get("additionalProperties", False) is False
    assert problems(model.parameters, settable) == []


@each_keyed_platform
def test_without_its_keys_a_platform_is_unavailable_and_names_them(platform: Platform) -> None:
    available = platform.availability(platform.models()[0], {})

    assert not available.available
    assert all(name in available.reason for name in platform.key_settings)


@each_keyed_platform
@pytest.mark.asyncio
async def test_without_its_keys_a_call_is_not_configured(
    platform: Platform, tmp_path: Path
) -> None:
    call = call_to(platform.models()[0], platform, tmp_path)
    call.credentials = {}

    with pytest.raises(NotConfigured):
        await platform.invoke(call)


@each_model
@pytest.mark.asyncio
async def test_a_call_that_is_cancelled_already_does_nothing(model: Model, tmp_path: Path) -> None:
    platform = registry.get_platform(model.platform)
    call = call_to(model, platform, tmp_path)
    call.cancelled.set()

    with pytest.raises(Cancelled):
        await platform.invoke(call)


@each_keyed_platform
@pytest.mark.asyncio
@pytest.mark.enable_socket
async def test_an_unreachable_vendor_raises_an_error_of_ours(
    platform: Platform, tmp_path: Path, settings: Settings
) -> None:
    closed_port = "http://127.0.0.1:9"
    settings.PLATFORM_URLS = dict.fromkeys(settings.PLATFORM_URLS, closed_port)
    call = call_to(platform.models()[0], platform, tmp_path)

    with pytest.raises(PlatformError):
        await platform.invoke(call)
    await http.close()
    await http_pool.close()


def test_a_model_of_another_platform_is_reported_by_the_checks() -> None:
    class Stray(type(registry.get_platform("dummy"))):  # type: ignore[misc]
        slug = "stray"

        def models(self) -> list[Model]:
            return [Model("other:x", "X", Modality.TEXT, Modality.TEXT)]

    with registry.registered_temporarily(Stray()):
        assert [found.id for found in check_catalogue()] == ["platforms.E004"]


def test_registering_a_class_calls_nothing_of_it() -> None:
    class Unfinished(type(registry.get_platform("dummy"))):  # type: ignore[misc]
        slug = "unfinished"

        def __init__(self) -> None:
            raise AssertionError("its module may not have been imported to its end")

    registry.register(Unfinished)
    registry.unregister("unfinished")
