"""`catalogue check`: the catalogue against what the providers offer, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from platforms import inspection, registry
from platforms.adapters.replicate import ROWS
from platforms.base import Model
from tests.fake_servers.process import FakeServer
from tests.platforms.hosted_platforms import HOSTED

pytestmark = pytest.mark.enable_socket
KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "gemini": "GEMINI_API_KEY"}
each_vendor = pytest.mark.parametrize("slug", KEYS)
Checked = tuple[int, dict[str, Any]]


def models(slug: str) -> list[Model]:
    return list(registry.get_platform(slug).models())


def check(*options: str) -> tuple[int, str]:
    """The exit status and what was printed."""
    said = StringIO()
    try:
        call_command("catalogue", "check", *options, stdout=said)
    except SystemExit as left:
        return int(str(left.code)), said.getvalue()
    return 0, said.getvalue()


def by_subject(printed: str) -> dict[str, dict[str, Any]]:
    return {one["subject"]: one for one in json.loads(printed)["findings"]}


@pytest.fixture
def offering(
    vendor_process: Callable[[str], FakeServer], settings: Settings
) -> Callable[[str, Mapping[str, Any]], FakeServer]:
    """Puts a fake server that offers just these models in a vendor's place, with a key."""

    def put(slug: str, offers: Mapping[str, Any]) -> FakeServer:
        process = vendor_process(slug)
        HOSTED[slug].put(process.url, settings)
        process.control(default={"offers": offers})
        settings.PLATFORM_KEYS = {KEYS[slug]: "sk-secret"}
        return process

    return put


Offering = Callable[[str, Mapping[str, Any]], FakeServer]


@each_vendor
def test_what_a_vendor_offers_is_fine_and_what_it_does_not_is_retired(
    slug: str, offering: Offering
) -> None:
    kept, *others = [one for one in models(slug) if not one.deprecated]
    gone = next(one for one in others if one.path != kept.path)
    process = offering(slug, {one.path: {} for one in models(slug) if one.path != gone.path})
    asked = len(process.entries("create"))

    status, printed = check("--platform", slug, "--json")

    found = by_subject(printed)
    assert status == 1
    assert found[kept.id]["verdict"] == "fine"
    assert found[gone.id]["verdict"] == "retired"
    assert gone.path in found[gone.id]["detail"]
    assert len(process.entries("create")) == asked  # nothing was paid for


@each_vendor
def test_where_all_is_well_the_status_is_zero_and_a_line_says_so(
    slug: str, offering: Offering
) -> None:
    offering(slug, {one.path: {} for one in models(slug)})

    status, printed = check("--platform", slug)

    count = len(models(slug))
    assert status == 0
    assert f"{count} of {count} models are as the catalogue says." in printed


@each_vendor
def test_a_wrong_key_is_told_once_and_never_as_a_stack_trace(
    slug: str, offering: Offering, settings: Settings
) -> None:
    offering(slug, {one.path: {} for one in models(slug)})
    settings.PLATFORM_KEYS = {KEYS[slug]: "wrong"}

    status, printed = check("--platform", slug)

    assert status == 1
    assert "no answer" in printed
    assert KEYS[slug] in printed
    assert len(printed.splitlines()) == 1


@pytest.mark.parametrize(
    ("slug", "facts"),
    [
        ("openai", {"shutdown_date": "2027-01-06"}),
        ("anthropic", {"lifecycle": "deprecated", "retires_at": "2027-01-06T00:00:00Z"}),
    ],
)
def test_an_end_that_was_announced_is_told_with_its_day(
    slug: str, facts: dict[str, str], offering: Offering
) -> None:
    ending = next(one for one in models(slug) if not one.deprecated)
    offering(slug, {one.path: facts if one.path == ending.path else {} for one in models(slug)})

    status, printed = check("--platform", slug)

    assert status == 1
    assert f"{ending.id} " in printed
    assert f"ending: {ending.path} ends on 2027-01-06" in printed


def test_a_model_that_anthropic_keeps_as_a_record_only_is_retired(offering: Offering) -> None:
    (path, *_) = {one.path for one in models("anthropic")}
    offering(
        "anthropic",
        {one.path: {} for one in models("anthropic")} | {path: {"lifecycle": "retired"}},
    )

    assert "retired" in check("--platform", "anthropic")[1]


def test_that_a_deprecated_model_is_gone_is_told_and_is_not_wrong(offering: Offering) -> None:
    offering("openai", {one.path: {} for one in models("openai") if not one.deprecated})

    status, printed = check("--platform", "openai")

    assert status == 0
    assert "retired (and marked as deprecated)" in printed


def test_without_a_key_nothing_is_checked_and_that_is_said(settings: Settings) -> None:
    settings.PLATFORM_KEYS = {}

    status, printed = check()

    assert status == 0
    for label, name in (("OpenAI", "OPENAI_API_KEY"), ("Replicate", "REPLICATE_API_TOKEN")):
        assert f"{label}: not checked: no key ({name} is not set)." in printed


def test_a_platform_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(
        CommandError, match=r"There is no platform called 'acme'; there are .*dummy"
    ):
        check("--platform", "acme")


# Replicate, whose models publish what they take


@pytest.fixture
def replicate(
    provider_process: FakeServer, settings: Settings
) -> Iterator[Callable[[Mapping[str, Any]], FakeServer]]:
    """Puts the fake server, which publishes what is sent except for what is said, in its place."""

    def put(differing: Mapping[str, Any]) -> FakeServer:
        settings.PLATFORM_URLS = {"REPLICATE_BASE_URL": provider_process.url}
        settings.PLATFORM_KEYS = {"REPLICATE_API_TOKEN": "r8_secret"}
        provider_process.control(default={"published": {**everything_sent(), **differing}})
        return provider_process

    yield put
    provider_process.control(default={"published": {}})


def everything_sent() -> dict[str, Any]:
    """An Input schema per address that takes what any row of it sends."""
    taken: dict[str, Any] = {}
    for row in ROWS.values():
        fields = {
            name: {"type": one.get("type")} for name, one in inspection.sent(row).items()
        } | taken.get(row.model.path, {}).get("properties", {})
        taken[row.model.path] = {"properties": fields, "required": []}
    return taken


def test_replicate_is_fine_where_its_models_take_what_is_sent(
    replicate: Callable[[Mapping[str, Any]], FakeServer],
) -> None:
    process = replicate({})
    paid = len(process.entries("create"))

    status, printed = check("--platform", "replicate")

    assert (status, printed.count("\n")) == (0, 1)
    assert f"{len(ROWS)} of {len(ROWS)} models are as the catalogue says." in printed
    assert len(process.entries("create")) == paid


def test_what_replicate_retired_or_changed_is_told_in_words_and_to_a_program(
    replicate: Callable[[Mapping[str, Any]], FakeServer],
) -> None:
    whole = everything_sent()["google/imagen-4-fast"]
    narrowed = {"properties": whole["properties"] | {"aspect_ratio": {"type": "integer"}}}
    replicate(
        {
            "google/imagen-4-fast": narrowed,
            "luma/photon-flash": 404,
            "bytedance/seedream-4.5": 410,
            "google/lyria-2": "none",
            "stability-ai/sdxl": 410,  # marked as deprecated already
            "openai/whisper": 500,
            "meta/meta-llama-3-8b-instruct": {},
        }
    )

    status, words = check("--platform", "replicate")
    found = by_subject(check("--platform", "replicate", "--json")[1])

    assert status == 1
    assert found["replicate:imagen-4-fast"]["verdict"] == "changed"
    assert "changed: `aspect_ratio` is string here and integer there" in words
    assert found["replicate:photon-flash"]["verdict"] == "retired"
    assert found["replicate:seedream-4.5"]["verdict"] == "retired"
    assert found["replicate:lyria-2"]["detail"] == "google/lyria-2 offers no version."
    assert (found["replicate:sdxl"]["verdict"], found["replicate:sdxl"]["wrong"]) == (
        "retired",
        False,
    )
    assert found["replicate:whisper"]["verdict"] == "no answer"
    assert found["replicate:llama-3-8b"]["verdict"] == "not checked"
    assert found["replicate:flux-dev-lora-tarot"]["verdict"] == "fine"


def test_replicate_is_asked_once_where_the_key_is_wrong(
    replicate: Callable[[Mapping[str, Any]], FakeServer], settings: Settings
) -> None:
    replicate({})
    settings.PLATFORM_KEYS = {"REPLICATE_API_TOKEN": "wrong"}

    status, printed = check("--platform", "replicate")

    assert status == 1
    assert printed.startswith("Replicate: no answer: Replicate answered 401")
    assert len(printed.splitlines()) == 1
