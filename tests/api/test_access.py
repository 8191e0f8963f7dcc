"""Every call, made by everybody: what they are told, on a private and on a public network."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.utils import timezone

from invocations.models import Run, Sheet, StopAll
from networks.models import Network, TerminalToken

from .conftest import Voice, problem

CAST = ("stranger", "guest", "other", "collaborator", "owner", "admin")
NETWORK = "networks/whispers"

Call = tuple[str, str, object]  # method, path, body
Table = list[tuple[list[Call], tuple[int, ...]]]  # and the status for each of CAST

LOOK: list[Call] = [
    ("GET", NETWORK, None),
    ("GET", f"{NETWORK}/runs", None),
    ("GET", "runs/{run}", None),
    ("GET", "runs/{run}/invocations", None),
    ("GET", "runs/{run}/bundle", None),
    ("GET", "invocations/{step}", None),
    ("GET", "events?topic=network:{network}", None),
]
START: list[Call] = [("POST", f"{NETWORK}/runs", {"prompt": "hello", "waive_lockout": True})]
CONTROL: list[Call] = [
    ("POST", f"{NETWORK}/stop", None),
    ("POST", "runs/{run}/pause", None),
    ("POST", "runs/{run}/stop", None),
    ("POST", f"{NETWORK}/terminal-tokens", None),
    ("DELETE", f"{NETWORK}/terminal-tokens/{{token}}", None),
]
COSTS: list[Call] = [("GET", f"{NETWORK}/costs", None), ("GET", f"{NETWORK}/warm", None)]
WARM: list[Call] = [("POST", f"{NETWORK}/warm", None)]
RESUME: list[Call] = [("POST", "runs/{run}/resume", None)]  # illegal for who may: it is running
BRANCH: list[Call] = [("POST", "invocations/{step}/branch", {})]  # likewise: it has no output yet
RATE: list[Call] = [
    ("PUT", "runs/{run}/rating", {"stars": 4}),
    ("DELETE", "runs/{run}/rating", None),
]
SHEET: list[Call] = [("POST", "runs/{run}/sheets", {"sequences": [0]})]  # it gave nothing yet
WITH_COSTS: list[Call] = [("GET", "runs/{run}/bundle?costs=1", None)]
SHORT: list[Call] = [("POST", "invocations/{step}/short", None)]
UNHANG: list[Call] = [("GET", "sheets/{sheet}", None), ("DELETE", "sheets/{sheet}", None)]
EDIT: list[Call] = [("PATCH", NETWORK, {"name": "Shouts"})]
DELETE: list[Call] = [("DELETE", NETWORK, None), ("DELETE", "runs/{run}", None)]
ADMIN: list[Call] = [
    ("POST", "stop-all", None),
    ("GET", "stop-all/{press}", None),
    ("POST", "resume-all", None),
]
CREATE: list[Call] = [("POST", "networks", {"name": "Mine"})]
LISTS: list[Call] = [
    ("GET", "networks", None),
    ("GET", "runs", None),
    ("GET", "models", None),
    ("GET", "models/dummy:text-to-text", None),
]

PRIVATE: Table = [
    (LOOK[:2], (401, 403, 404, 200, 200, 200)),
    (LOOK[2:], (401, 404, 404, 200, 200, 200)),
    (START, (401, 409, 404, 201, 201, 201)),
    (CONTROL[:1], (401, 403, 404, 200, 200, 200)),
    (CONTROL[1:3], (401, 404, 404, 200, 200, 200)),
    (CONTROL[3:4], (401, 403, 404, 201, 201, 201)),
    (CONTROL[4:], (401, 403, 404, 204, 204, 204)),
    (COSTS, (401, 403, 404, 200, 200, 200)),
    (WARM, (401, 403, 404, 202, 202, 202)),
    (RESUME, (401, 404, 404, 409, 409, 409)),
    (BRANCH, (401, 404, 404, 409, 409, 409)),
    (RATE, (401, 404, 404, 200, 200, 200)),
    (SHEET, (401, 404, 404, 422, 422, 422)),
    (WITH_COSTS, (401, 404, 404, 403, 200, 200)),
    (SHORT, (401, 404, 404, 200, 200, 200)),
    (UNHANG[:1], (200,) * 6),
    (UNHANG[1:], (401, 403, 403, 204, 204, 204)),
    (EDIT, (401, 403, 404, 403, 200, 200)),
    (DELETE[:1], (401, 403, 404, 403, 204, 204)),
    (DELETE[1:], (401, 404, 404, 403, 204, 204)),
    (ADMIN, (401, 403, 403, 403, 403, 200)),
    (CREATE, (401, 403, 201, 201, 201, 201)),
    (LISTS, (200,) * 6),
]
PUBLIC: Table = [
    (LOOK, (200,) * 6),
    (START, (401, 409, 403, 201, 201, 201)),
    (CONTROL[:3], (401, 403, 403, 200, 200, 200)),
    (CONTROL[3:4], (401, 403, 403, 201, 201, 201)),
    (CONTROL[4:], (401, 403, 403, 204, 204, 204)),
    (COSTS, (401, 403, 403, 200, 200, 200)),
    (WARM, (401, 403, 403, 202, 202, 202)),
    (RESUME, (401, 403, 403, 409, 409, 409)),
    (BRANCH, (401, 403, 403, 409, 409, 409)),
    (RATE, (401, 403, 200, 200, 200, 200)),
    (SHEET, (401, 403, 403, 422, 422, 422)),
    (WITH_COSTS, (401, 403, 403, 403, 200, 200)),
    (SHORT, (401, 403, 403, 200, 200, 200)),
    (UNHANG[1:], (401, 403, 403, 204, 204, 204)),
    (EDIT, (401, 403, 403, 403, 200, 200)),
    (DELETE, (401, 403, 403, 403, 204, 204)),
]


def rows(table: Table) -> list[object]:
    return [
        pytest.param(call, who, status, id=f"{call[0]} {call[1]} {who}")
        for calls, statuses in table
        for call in calls
        for who, status in zip(CAST, statuses, strict=True)
    ]


def make(voice: Voice, call: Call, run: Run) -> int:
    """The status of the answer, after making sure that a refusal is a proper problem."""
    method, path, body = call
    token, _ = TerminalToken.issue(run.network, at=timezone.now())
    ids = {
        "run": run.public_id,
        "step": run.invocations.get().public_id,
        "network": run.network.public_id,
        "token": token.public_id,
        "sheet": Sheet.objects.create(run=run, sequences=[0]).public_id,
        "press": StopAll.objects.create().public_id,
    }
    answer = voice.send(method, path.format_map(ids), body)
    if answer.status_code >= 400:
        problem(answer)
    return int(answer.status_code)


@pytest.mark.parametrize(("call", "who", "status"), rows(PRIVATE))
def test_on_a_private_network(
    call: Call, who: str, status: int, voices: Mapping[str, Voice], run: Run
) -> None:
    assert make(voices[who], call, run) == status


@pytest.mark.parametrize(("call", "who", "status"), rows(PUBLIC))
def test_on_a_public_network(
    call: Call, who: str, status: int, voices: Mapping[str, Voice], public: Network, run: Run
) -> None:
    assert make(voices[who], call, run) == status


def test_a_private_network_cannot_be_told_from_none(
    stranger: Voice, other: Voice, network: Network
) -> None:
    for voice in (stranger, other):
        there = problem(voice.get("networks/whispers"))
        nowhere = problem(voice.get("networks/no-such-network"))
        assert there == nowhere


def test_networks_lists_ones_own_shared_and_public_ones(
    voices: Mapping[str, Voice], network: Network
) -> None:
    Network.create(network.owner, name="Open", public=True)

    listed = {
        who: {item["slug"] for item in voice.get("networks").json()["items"]}
        for who, voice in voices.items()
    }

    for who in ("owner", "collaborator", "admin"):
        assert listed[who] == {"open", "whispers"}
    for who in ("stranger", "guest", "other"):
        assert listed[who] == {"open"}


def test_runs_lists_only_those_of_networks_one_sees(voices: Mapping[str, Voice], run: Run) -> None:
    counts = {who: len(voice.get("runs").json()["items"]) for who, voice in voices.items()}

    assert counts == dict(zip(CAST, (0, 0, 0, 1, 1, 1), strict=True))


def test_a_terminal_token_opens_no_other_network(guest: Voice, network: Network) -> None:
    Network.create(network.owner, name="Open", public=True, slots=network.slots)
    Network.create(network.owner, name="Closed", slots=network.slots)

    answers = [guest.post(f"networks/{slug}/runs", {"prompt": "x"}) for slug in ("open", "closed")]

    assert [answer.status_code for answer in answers] == [403, 404]


def test_a_revoked_or_expired_terminal_token_opens_nothing(owner: Voice, network: Network) -> None:
    issued = owner.post("networks/whispers/terminal-tokens").json()
    _late, plain = TerminalToken.issue(network, at=timezone.now() - TerminalToken.LIFETIME)

    owner.delete(f"networks/whispers/terminal-tokens/{issued['id']}")

    for text in (issued["token"], plain, "", "\xff\xfe", "x" * 5000):
        answer = Voice(f"Terminal {text}").post("networks/whispers/runs", {"prompt": "x"})
        assert answer.status_code == 401


def test_a_token_that_nobody_has_is_refused_even_where_anybody_may_look(
    db: None, public: Network
) -> None:
    answer = Voice("Bearer wrong").get("networks/whispers")

    assert problem(answer)["code"] == "not_signed_in"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_somebody_who_was_shut_out_is_nobody(owner: Voice, network: Network) -> None:
    network.owner.is_active = False
    network.owner.save()

    assert owner.get("networks/whispers").status_code == 401


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_is_read_in_any_case(scheme: str, owner: Voice, network: Network) -> None:
    plain = owner.headers["Authorization"].partition(" ")[2]

    assert Voice(f"{scheme} {plain}").get("networks/whispers").status_code == 200
