"""What models, providers and servers were reported to say, and what is made of it.

Each case in `corpus/` names where its kind was reported (repository and number); the words are ours.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from platforms import chat, model_lists
from platforms.adapters import replicate
from platforms.base import Call, Modality, Model
from platforms.catalogue import Row
from platforms.errors import PlatformError, Refused
from platforms.http import Answer, error_in
from platforms.model_text import clean_text
from platforms.payloads import SILENCE, read_transcription
from platforms.provider_errors import is_sensitive
from tests.fake_servers.process import FakeServer
from tests.platforms.conftest import Asked

Case = dict[str, Any]
MODEL = Model("compatible:box.moth", "Moth", Modality.TEXT, Modality.TEXT, path="moth")
ROW = Row(MODEL, strip='"')


def cases(name: str) -> Callable[[Any], Any]:
    found = json.loads((Path(__file__).parent / "corpus" / f"{name}.json").read_text())
    assert all(case["reported"] for case in found)
    ids = [case.get("name") or case["words"] for case in found]
    return pytest.mark.parametrize("case", found, ids=ids)


def body_of(case: Case) -> bytes:
    body = case["body"]
    if isinstance(body, dict) and set(body) == {"raw"}:
        return str(body["raw"]).encode()
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def check_error(error: PlatformError, case: Case) -> None:
    assert type(error).__name__ == case["error"]
    assert case["says"] in str(error)
    assert "null" not in str(error)
    for name in ("kind", "key_refused", "retry_after"):
        if name in case:
            assert getattr(error, name) == pytest.approx(case[name])


@cases("texts")
def test_a_text_is_what_was_answered(case: Case) -> None:
    assert clean_text(case["raw"], case["quotes"]) == case["text"]


@cases("answers")
def test_an_answer_is_a_text_or_the_error_in_it(case: Case) -> None:
    answer = Answer(200, {}, body_of(case))

    if "text" in case:
        assert chat.read_completion(answer, ROW, "The server box", "KEY").text == case["text"]
        return
    with pytest.raises(PlatformError) as failed:
        chat.read_completion(answer, ROW, "The server box", "KEY")
    check_error(failed.value, case)
    if not isinstance(failed.value, Refused):
        assert failed.value.settled


@cases("errors")
def test_an_error_has_the_words_and_the_class_of_what_happened(case: Case) -> None:
    answer = Answer(case["status"], case["headers"], body_of(case))

    check_error(error_in(answer, "The server box", "KEY"), case)


@cases("provider_words")
def test_words_decline_the_content_or_report_a_fault(case: Case) -> None:
    assert is_sensitive(case["words"]) is case["sensitive"]


@cases("model_lists")
def test_every_model_of_a_list_is_there_under_an_id_of_its_own(case: Case) -> None:
    if case["ids"] is None:
        with pytest.raises(ValueError, match="no list"):
            model_lists.read(case["body"])
        return

    rows = list(model_lists.rows("box", model_lists.read(case["body"])))

    ids = [row.id.removeprefix("compatible:box.") for row in rows]
    assert [re.sub(r"-[0-9a-f]{8}$", "-#", one) for one in ids] == case["ids"]
    assert len(set(ids)) == len(ids)


def test_hundreds_of_models_are_all_there() -> None:
    listed = {"data": [{"id": f"moth-{number}"} for number in range(900)]}

    assert len(list(model_lists.rows("box", model_lists.read(listed)))) == 900


@cases("silence")
def test_that_nobody_speaks_is_a_transcription(case: Case) -> None:
    assert read_transcription(case["output"]).text == SILENCE


# What a model refuses of a request


@dataclass
class Refusal(Exception):
    response: httpx.Response


@pytest.fixture(autouse=True)
def nothing_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "_compatibilities", {})


@cases("refused_requests")
@pytest.mark.asyncio
async def test_what_is_refused_is_left_out_and_remembered(case: Case) -> None:
    refusals = [
        Refusal(
            httpx.Response(one["status"], content=json.dumps(one["body"]) if one["body"] else b"")
        )
        for one in case["refusals"]
    ]
    sent: list[tuple[dict[str, object], list[str], str]] = []

    async def send(compatibility: chat.Compatibility, headers: dict[str, str]) -> str:
        roles = [message["role"] for message in chat.messages_of_call(call, compatibility)]
        sent.append(
            (chat.parameters_of_call(call, compatibility), roles, headers["Idempotency-Key"])
        )
        if len(sent) <= len(refusals):
            raise refusals[len(sent) - 1]
        return "A moth."

    parameters = {"instructions": "Be brief.", **case["parameters"]}
    call = Call(MODEL, "a lamp", parameters, {}, idempotency_key="key")

    assert await chat.ask_as_it_takes_it(call, "The server box", send) == "A moth."
    assert sent[-1][0] == case["sent"]
    assert sent[-1][1] == (["system", "user"] if case["system"] else ["user"])
    assert len({key for _, _, key in sent}) == len(sent) == len(refusals) + 1

    await chat.ask_as_it_takes_it(call, "The server box", send)
    assert sent[-1][:2] == sent[-2][:2]  # asked once, and right
    assert len(sent) == len(refusals) + 2


@pytest.mark.asyncio
async def test_a_refusal_of_something_else_is_raised_at_once() -> None:
    call = Call(MODEL, "a lamp", {"max_tokens": 5}, {}, idempotency_key="key")
    asked = 0

    async def send(compatibility: chat.Compatibility, headers: dict[str, str]) -> str:
        nonlocal asked
        asked += 1
        raise Refusal(httpx.Response(400, json={"error": {"message": "The prompt is too long."}}))

    with pytest.raises(Refusal):
        await chat.ask_as_it_takes_it(call, "The server box", send)
    assert asked == 1


def test_a_slot_leaves_a_default_out() -> None:
    call = Call(MODEL, "a lamp", {"max_tokens": None, "top_p": 1}, {}, idempotency_key="key")

    assert chat.parameters_of_call(call) == {"top_p": 1}


# Versions at Replicate

COMMUNITY = Model("replicate:old", "Old", Modality.TEXT, Modality.IMAGE, path="community/sdxl")


@cases("deleted_versions")
@pytest.mark.enable_socket
@pytest.mark.asyncio
async def test_a_deleted_version_gives_way_to_the_newest(
    provider: FakeServer, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    gone = {f"{provider.url}/community/sdxl": ("0123deleted", time.monotonic())}
    monkeypatch.setattr(replicate, "_versions", gone)
    provider.control(next=[{"error": case["error"], "detail": case["detail"]}, {"seconds": 0}])
    asked = Asked(model=COMMUNITY)

    output = await asked.answer()

    assert output.url
    tried = [line["model"] for line in provider.entries("create") if line["key"] == asked.key]
    assert tried[0] == "0123deleted"
    assert len(tried) == 2
    assert replicate._versions[f"{provider.url}/community/sdxl"][0] == tried[1]


@pytest.mark.enable_socket
@pytest.mark.asyncio
async def test_a_remembered_version_is_looked_up_again_after_a_while(
    provider: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = time.monotonic() - replicate.VERSION_SECONDS - 1
    monkeypatch.setattr(
        replicate, "_versions", {f"{provider.url}/community/sdxl": ("0123old", old)}
    )
    asked = Asked({"seconds": 0}, model=COMMUNITY)

    await asked.answer()

    tried = [line["model"] for line in provider.entries("create") if line["key"] == asked.key]
    assert "0123old" not in tried
