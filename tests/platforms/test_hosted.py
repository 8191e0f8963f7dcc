"""What holds for every vendor without jobs: errors, charges, and nothing asked twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings

from platforms import http, http_pool
from platforms.errors import (
    NotConfigured,
    PlatformError,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
    Unusable,
)
from tests.fake_servers.process import FakeServer
from tests.platforms.hosted_platforms import Asked, HostedPlatform

pytestmark = [pytest.mark.enable_socket, pytest.mark.asyncio]


async def test_a_text_is_answered_asked_once_and_charged_once(
    hosted: HostedPlatform, vendor: FakeServer
) -> None:
    asked = Asked(vendor, hosted.writer())

    output = await asked.answer()

    assert output.text
    assert "a red disc" in output.text
    assert len(asked.entries("create")) == len(asked.entries("charge")) == 1
    assert asked.shown == ["asking"]


async def test_a_price_that_nobody_verified_is_not_invented(
    hosted: HostedPlatform, vendor: FakeServer
) -> None:
    output = await Asked(vendor, hosted.writer()).answer()

    assert output.usd is None


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("400", Refused),
        ("401", NotConfigured),
        ("402", NotConfigured),
        ("403", NotConfigured),
        ("404", NotConfigured),
        ("408", TimedOut),
        ("409", Unavailable),
        ("413", Refused),
        ("422", Refused),
        ("429", RateLimited),
        ("500", Unavailable),
        ("503", Unavailable),
        ("529", Unavailable),
        ("html", Unavailable),
        ("garbage", Unavailable),
        ("empty", Unavailable),
        ("huge", Unusable),
        ("drop", Unavailable),
    ],
)
async def test_a_failed_request_has_a_class_of_ours_and_is_not_repeated(
    hosted: HostedPlatform, vendor: FakeServer, error: str, expected: type[PlatformError]
) -> None:
    asked = Asked(vendor, hosted.writer(), {"error": error})

    with pytest.raises(PlatformError) as failed:
        await asked.answer()

    assert type(failed.value) is expected
    assert "sk-secret" not in str(failed.value)
    assert "\n" not in str(failed.value)
    assert len(asked.entries("create")) == 1
    assert not asked.entries("charge")


async def test_an_answer_lost_on_its_way_was_charged_and_is_not_asked_for_again(
    hosted: HostedPlatform, vendor: FakeServer
) -> None:
    asked = Asked(vendor, hosted.writer(), {"error": "drop", "lost": True})

    with pytest.raises(Unavailable) as failed:
        await asked.answer()

    assert not failed.value.settled
    assert len(asked.entries("charge")) == 1


@pytest.mark.parametrize(
    ("error", "hidden"),
    [
        ("drop", True),
        ("garbage", True),
        ("504", True),
        ("html", True),  # of whoever stands in front, with 502
        ("500", False),
        ("503", False),
        ("429", False),
        ("400", False),
        ("empty", False),
    ],
)
async def test_an_error_says_whether_the_call_may_have_been_charged(
    hosted: HostedPlatform, vendor: FakeServer, error: str, hidden: bool
) -> None:
    with pytest.raises(PlatformError) as failed:
        await Asked(vendor, hosted.writer(), {"error": error}).answer()

    assert failed.value.outcome_hidden == hidden
    assert not failed.value.is_charged or error == "empty"


async def test_an_empty_answer_is_settled_so_that_the_next_try_has_a_new_key(
    hosted: HostedPlatform, vendor: FakeServer
) -> None:
    with pytest.raises(Unavailable, match="no text") as failed:
        await Asked(vendor, hosted.writer(), {"output": "none"}).answer()

    assert failed.value.settled


@pytest.mark.parametrize("manner", ["hang", "drip"])
async def test_an_answer_that_never_comes_is_late(
    hosted: HostedPlatform, vendor: FakeServer, manner: str
) -> None:
    await Asked(vendor, hosted.writer()).answer()  # the client's library is there
    hurried = replace(hosted.writer(), deadline_seconds=0.4)

    with pytest.raises(TimedOut):
        await Asked(vendor, hurried, {"error": manner}).answer()


async def test_a_slow_answer_within_the_deadline_counts(
    hosted: HostedPlatform, vendor: FakeServer
) -> None:
    output = await Asked(vendor, hosted.writer(), {"seconds": 0.5}).answer()

    assert output.text


@pytest.mark.parametrize(("said", "seconds"), [(7, 7), (None, None)])
async def test_a_rate_limit_says_how_long(
    hosted: HostedPlatform, vendor: FakeServer, said: object, seconds: float | None
) -> None:
    with pytest.raises(RateLimited) as failed:
        await Asked(vendor, hosted.writer(), {"error": "429", "retry_after": said}).answer()

    assert failed.value.retry_after == seconds


@pytest.mark.parametrize(
    "words",
    [
        "Your request was rejected by the safety system.",
        "This request has been flagged for potentially violating our usage policy.",
        "Output blocked by content filtering policy",
        "The prompt contains prohibited content.",
        "Request contains inappropriate language.",
    ],
)
async def test_a_refusal_for_content_is_recognised_in_any_wording(
    hosted: HostedPlatform, vendor: FakeServer, words: str
) -> None:
    with pytest.raises(Refused) as failed:
        await Asked(vendor, hosted.writer(), {"error": "400", "detail": words}).answer()

    assert failed.value.kind == "sensitive"


async def test_words_about_the_form_of_a_request_are_not_about_its_content(
    hosted: HostedPlatform, vendor: FakeServer
) -> None:
    knobs = {"error": "400", "detail": "Unknown parameter: 'colour'."}

    with pytest.raises(Refused, match="colour") as failed:
        await Asked(vendor, hosted.writer(), knobs).answer()

    assert failed.value.kind == "invalid"


@pytest.mark.parametrize("token", ["", "clé", "two\nlines"])
async def test_an_unusable_key_is_a_sentence_not_a_crash(
    hosted: HostedPlatform, vendor: FakeServer, token: str
) -> None:
    if not hosted.needs_key:
        pytest.skip(f"{hosted.slug} needs no key")

    with pytest.raises(NotConfigured):
        await Asked(vendor, hosted.writer(), token=token).answer()


async def test_a_vendor_that_is_down_was_not_reached(
    hosted: HostedPlatform, vendor: FakeServer, settings: Settings
) -> None:
    asked = Asked(vendor, hosted.writer())
    hosted.put("http://127.0.0.1:9", settings)  # a port where nobody listens

    with pytest.raises(http.Unreached):
        await asked.answer()
    await http_pool.close()
