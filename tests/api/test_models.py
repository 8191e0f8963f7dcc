"""The catalogue over HTTP: what of it is asked for, and what is said of each model."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from .conftest import ApiClient, code, problem


def asked(caller: ApiClient, **query: object) -> list[dict[str, object]]:
    answer = caller.get("models", limit=500, **query)
    assert answer.status_code == 200
    items: list[dict[str, object]] = answer.json()["items"]
    return items


def test_models_are_asked_for_by_what_they_turn_into_what(stranger: ApiClient) -> None:
    found = asked(stranger, input="text", output="video")

    assert {(one["input"], one["output"]) for one in found} == {("text", "video")}
    assert "replicate:wan-2.2-t2v-fast" in {one["id"] for one in found}
    assert len(found) < len(asked(stranger, input="text")) < len(asked(stranger))


def test_models_are_asked_for_by_platform_and_by_words(stranger: ApiClient) -> None:
    assert {one["platform"] for one in asked(stranger, platform="openai")} == {"openai"}
    assert asked(stranger, platform="nobody") == []
    assert [one["id"] for one in asked(stranger, q="TAROT flux")] == [
        "replicate:flux-dev-lora-tarot"
    ]


def test_models_are_asked_for_by_whether_one_can_use_them(
    admin: ApiClient, settings: Settings
) -> None:
    settings.PLATFORM_KEYS = {"OPENAI_API_KEY": "sk-operator"}

    usable = asked(admin, available="true")
    others = asked(admin, available="false")

    assert {one["platform"] for one in usable} >= {"openai", "local"}
    assert all(one["reason"] for one in others)
    assert len(usable) + len(others) == len(asked(admin))


def test_deprecated_and_dummy_models_are_asked_for_expressly(stranger: ApiClient) -> None:
    hidden = {str(one["id"]) for one in asked(stranger, all=1)} - {
        str(one["id"]) for one in asked(stranger)
    }

    assert {"replicate:flux-schnell", "dummy:text-to-video"} <= hidden


def test_pages_go_on_within_what_was_asked_for(stranger: ApiClient) -> None:
    whole = [one["id"] for one in asked(stranger, output="image")]
    first = stranger.get("models", output="image", limit=2).json()
    second = stranger.get("models", output="image", limit=2, after=first["next"]).json()

    assert [one["id"] for one in first["items"] + second["items"]] == whole[:4]


@pytest.mark.parametrize("query", [{"input": "smell"}, {"available": "perhaps"}])
def test_what_cannot_be_asked_for_is_refused(stranger: ApiClient, query: dict[str, str]) -> None:
    answer = stranger.get("models", **query)

    assert code(answer) == (422, "invalid")
    assert problem(answer)["errors"].keys() == query.keys()


def test_what_nobody_has_verified_says_so_with_its_day(stranger: ApiClient) -> None:
    hosted = stranger.get("models/replicate:wan-2.2-t2v-fast").json()
    local = stranger.get("models/local:painter").json()

    assert hosted["unverified"] == "2026-11-28"
    assert hosted["homepage"] == "https://replicate.com/wan-video/wan-2.2-t2v-fast"
    assert local["unverified"] is None
