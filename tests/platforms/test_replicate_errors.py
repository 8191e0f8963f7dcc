"""Whatever Replicate answers is one of our errors, after a bounded number of requests."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings

from platforms import http
from platforms.adapters import replicate
from platforms.errors import (
    NotConfigured,
    PlatformError,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
)
from tests.fake_servers.process import FakeServer
from tests.platforms.conftest import PAINTER, Asked

pytestmark = [pytest.mark.enable_socket, pytest.mark.asyncio]


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polls without pauses, so that running out of patience takes no time."""
    monkeypatch.setattr(replicate, "FIRST_POLL", 0.01)
    monkeypatch.setattr(replicate, "LONGEST_POLL", 0.01)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("401", NotConfigured),
        ("402", NotConfigured),
        ("403", NotConfigured),
        ("410", NotConfigured),
        ("422", Refused),
        ("429", RateLimited),
        ("500", Unavailable),
        ("502", Unavailable),
        ("503", Unavailable),
        ("garbage", Unavailable),
        ("drop", Unavailable),
    ],
)
async def test_a_failed_request_has_a_class_of_ours(
    provider: FakeServer, error: str, expected: type[PlatformError]
) -> None:
    asked = Asked({"error": error})

    with pytest.raises(PlatformError) as failed:
        await asked.answer()

    assert type(failed.value) is expected
    assert "r8_secret" not in str(failed.value)
    assert not asked.remembered
    assert not failed.value.settled
    assert sum(line["key"] == asked.key for line in provider.entries("create")) == 1


async def test_a_wrong_key_names_the_setting(provider: FakeServer) -> None:
    with pytest.raises(NotConfigured, match="REPLICATE_API_TOKEN"):
        await Asked(token="wrong").answer()


@pytest.mark.parametrize("token", ["", "clé", "two\nlines"])
async def test_an_unusable_key_is_a_sentence_not_a_crash(provider: FakeServer, token: str) -> None:
    with pytest.raises(PlatformError):
        await Asked(token=token).answer()


@pytest.mark.parametrize(("said", "least", "most"), [(7, 7, 7), ("date", 0, 1), (None, None, None)])
async def test_a_rate_limit_says_how_long(
    provider: FakeServer, said: object, least: float | None, most: float | None
) -> None:
    with pytest.raises(RateLimited) as failed:
        await Asked({"error": "429", "retry_after": said}).answer()

    if least is None or most is None:
        assert failed.value.retry_after is None
    else:
        assert failed.value.retry_after is not None
        assert least <= failed.value.retry_after <= most


@pytest.mark.parametrize(
    "words",
    [
        "CUDA out of memory",
        "Prediction interrupted; please retry (code: PA)",
        "no such safetensors",
    ],
)
async def test_a_failure_of_the_machine_is_not_a_refusal(provider: FakeServer, words: str) -> None:
    asked = Asked({"failure": words, "seconds": 0})

    with pytest.raises(Unavailable, match=words.split("(")[0]) as failed:
        await asked.answer()

    assert failed.value.settled


@pytest.mark.parametrize(("status", "expected"), [("canceled", Unavailable), ("aborted", TimedOut)])
async def test_a_prediction_ended_by_others_is_forgotten(
    provider: FakeServer, status: str, expected: type[PlatformError]
) -> None:
    asked = Asked({"statuses": ["processing", status]})

    with pytest.raises(expected) as failed:
        await asked.answer()

    assert failed.value.settled


async def test_a_status_nobody_knew_is_shown_and_followed_to_its_end(provider: FakeServer) -> None:
    asked = Asked({"statuses": [*["dreaming"] * 3, "queued", "succeeded"]})

    output = await asked.answer()

    assert output.url
    assert asked.shown == ["asking", "dreaming", "queued"]


@pytest.mark.usefixtures("hurried")
async def test_an_unknown_status_is_followed_no_longer_than_to_the_deadline(
    provider: FakeServer,
) -> None:
    dreamer = replace(PAINTER, deadline_seconds=0.5)
    asked = Asked({"statuses": ["dreaming"]}, model=dreamer)

    with pytest.raises(TimedOut):
        await asked.answer()

    assert any(line["id"] == asked.remembered[0] for line in provider.entries("cancel"))


@pytest.mark.usefixtures("hurried")
async def test_a_few_failed_polls_are_forgiven(provider: FakeServer) -> None:
    statuses = ["processing"] * 5 + ["succeeded"]
    errors = ["500", "502", "drop", "garbage", "404"]
    asked = Asked({"poll_errors": errors, "statuses": statuses})

    output = await asked.answer()

    assert output.url
    assert any(line["id"] == asked.remembered[0] for line in provider.entries("followed"))


@pytest.mark.usefixtures("hurried")
async def test_polls_that_go_on_failing_end_the_try_and_keep_the_prediction(
    provider: FakeServer,
) -> None:
    asked = Asked({"poll_errors": ["500"] * 20, "seconds": 60})

    with pytest.raises(Unavailable) as failed:
        await asked.answer()

    assert not failed.value.settled
    assert len(asked.remembered) == 1


@pytest.mark.parametrize("knobs", [{"output": "none"}, {"output": "text"}, {"removed": True}])
async def test_a_success_without_a_picture_is_no_success(
    provider: FakeServer, knobs: dict[str, object]
) -> None:
    asked = Asked({**knobs, "seconds": 0})

    with pytest.raises(Unavailable) as failed:
        await asked.answer()

    assert failed.value.settled


@pytest.mark.usefixtures("impatient_stops")
@pytest.mark.parametrize("manner", ["hang", "drip"])
async def test_an_answer_that_never_comes_is_late(provider: FakeServer, manner: str) -> None:
    asked = Asked({"error": manner}, model=replace(PAINTER, deadline_seconds=0.4))

    with pytest.raises(TimedOut):
        await asked.answer()


async def test_a_dripping_answer_is_cut_off(provider: FakeServer) -> None:
    provider.control(next=[{"error": "drip"}])
    headers = {"Authorization": "Bearer r8_secret"}
    url = f"{provider.url}/v1/predictions"

    with pytest.raises(TimedOut):
        await http.send("Replicate", "POST", url, headers=headers, content=b"{}", seconds=0.4)


async def test_an_endless_answer_is_cut_off(provider: FakeServer) -> None:
    output = await Asked({"output": "huge"}).answer()

    assert output.url
    with pytest.raises(Unavailable, match="MB"):
        await http.send("Replicate", "GET", output.url, headers={})


async def test_a_provider_that_is_down_was_not_reached(settings: Settings) -> None:
    settings.PLATFORM_URLS = {"REPLICATE_BASE_URL": "http://127.0.0.1:9"}

    with pytest.raises(http.Unreached):
        await Asked().answer()
    await http.close()
