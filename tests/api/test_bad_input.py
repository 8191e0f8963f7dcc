"""Garbage of every kind: always a problem with a status of four hundred and something."""

from __future__ import annotations

import json

import pytest

from displays.models import Installation
from invocations.models import Run
from networks.models import Network

from .conftest import ApiClient, code, problem

RUNS = "networks/whispers/runs"


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("", "Type a few words first."),
        (" \n\t ", "Type a few words first."),
        ("x" * 100_000, "100,000 characters"),
        ("a\x00b", "control characters"),
        ("\x1b]0;title\x07", "control characters"),
        ("\udcff\udcfe", "control characters"),
        ("\u0085", "Type a few words first."),
        (None, "must be text"),
        (5, "must be text"),
        (["a"], "must be text"),
    ],
)
@pytest.mark.parametrize("who", ["owner", "guest"])
def test_what_is_no_prompt_is_refused_in_words(
    prompt: object, words: str, who: str, owner: ApiClient, guest: ApiClient
) -> None:
    answer = {"owner": owner, "guest": guest}[who].post(RUNS, {"prompt": prompt})

    assert code(answer) == (422, "bad_prompt")
    assert words in problem(answer)["errors"]["prompt"]
    assert not Run.objects.exists()


def test_every_script_and_emoji_is_a_prompt(owner: ApiClient, network: Network) -> None:
    prompt = "صورة 👩‍🚀 ภาพ\nzweite Zeile\tund ein Tab <script>alert(1)</script> ' OR 1=1 --"

    assert owner.post(RUNS, {"prompt": prompt}).json()["prompt"] == prompt


BODIES = [
    (b"", 422, "invalid"),
    (b"prompt=hello", 400, "bad_body"),
    (b"{", 400, "bad_body"),
    (b"\xff\xfe\x00\x01", 400, "bad_body"),
    (bytes(range(256)), 400, "bad_body"),
    ('{"prompt": "hello"}'.encode("utf-16"), 400, "bad_body"),
    (b'{"prompt": NaN}', 400, "bad_body"),
    (b'{"prompt": 1e999}', 400, "bad_body"),
    (b'{"prompt": 1' + b"0" * 5000 + b"}", 400, "bad_body"),
    (b"[" * 100_000, 400, "bad_body"),
    (b'{"prompt": ' + b"[" * 50 + b"]" * 50 + b"}", 400, "bad_body"),
    (b"[]", 422, "invalid"),
    (b'"prompt"', 422, "invalid"),
    (b"null", 422, "invalid"),
    (b"5", 422, "invalid"),
    (b"{}", 422, "invalid"),
    (b'{"prompt": "x", "colour": "red"}', 422, "invalid"),
    (b'{"prompt": "x", "client_key": 5}', 422, "invalid"),
    (b'{"prompt": "x", "client_key": "\\u0000"}', 422, "invalid"),
    (b'{"prompt": "x", "client_key": "' + b"k" * 101 + b'"}', 422, "invalid"),
    (b'{"prompt": "x", "waive_lockout": "yes"}', 422, "invalid"),
    (b'{"prompt": "' + b"x" * 1_000_000 + b'"}', 413, "too_large"),
]


@pytest.mark.parametrize(("body", "status", "name"), BODIES)
@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
def test_a_body_that_is_no_start_is_a_problem(
    body: bytes, status: int, name: str, content_type: str, owner: ApiClient, network: Network
) -> None:
    answer = owner.send_raw("POST", RUNS, body, content_type)

    assert code(answer) == (status, name)
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""]
)
def test_a_form_is_no_json(content_type: str, owner: ApiClient, network: Network) -> None:
    answer = owner.send_raw("POST", RUNS, b"--x\r\n\r\nhello\r\n--x--", content_type)

    assert code(answer) == (400, "bad_body")


@pytest.mark.parametrize("path", ["networks", "networks/whispers"])
@pytest.mark.parametrize(("body", "status", "name"), BODIES[1:16])
def test_a_body_that_is_no_network_is_a_problem(
    body: bytes, status: int, name: str, path: str, owner: ApiClient, network: Network
) -> None:
    method = "PATCH" if "/" in path else "POST"
    if (method, body) == ("PATCH", b"{}"):
        status = 200

    assert owner.send_raw(method, path, body).status_code == status
    assert Network.objects.get().slots == network.slots


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "networks/nowhere"),
        ("GET", "networks/%00"),
        ("GET", "networks/../../etc/passwd"),
        ("GET", "networks/ünï"),
        ("GET", f"networks/{'x' * 5000}"),
        ("PATCH", "networks/nowhere"),
        ("DELETE", "networks/nowhere"),
        ("POST", "networks/nowhere/runs"),
        ("GET", "networks/nowhere/runs"),
        ("POST", "networks/nowhere/stop"),
        ("POST", "networks/nowhere/terminal-tokens"),
        ("DELETE", "networks/whispers/terminal-tokens/nowhere"),
        ("GET", "runs/nowhere"),
        ("GET", "runs/1"),
        ("GET", "runs/nowhere/invocations"),
        ("POST", "runs/nowhere/stop"),
        ("DELETE", "runs/nowhere"),
        ("GET", "invocations/nowhere"),
        ("POST", "invocations/nowhere/branch"),
        ("GET", "models/no:such"),
        ("GET", "models/nothing"),
        ("GET", "models/%00:x"),
        ("GET", "events?topic=network:nowhere"),
        ("GET", "events?topic=network:%00"),
        ("GET", "events?topic=installation:nowhere"),
        ("GET", "events?topic="),
        ("GET", "nowhere"),
        ("POST", "nowhere"),
        ("GET", "networks/"),
    ],
)
def test_what_is_nowhere_is_not_found(
    method: str, path: str, owner: ApiClient, network: Network
) -> None:
    body = {"prompt": "x"} if path.endswith("/runs") else {}

    assert code(owner.send(method, path, body)) == (404, "not_found")


def test_an_unknown_stop_all_is_not_found(admin: ApiClient) -> None:
    assert code(admin.get("stop-all/nowhere")) == (404, "not_found")


@pytest.mark.parametrize(("method", "path"), [("PUT", "networks/whispers"), ("DELETE", "runs")])
def test_what_cannot_be_done_says_what_can(
    method: str, path: str, owner: ApiClient, network: Network
) -> None:
    answer = owner.send(method, path)

    assert code(answer) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


def test_errors_are_for_people_too(owner: ApiClient, network: Network) -> None:
    answer = owner.post(RUNS, {"promt": "x"})

    assert json.loads(answer.content) == {
        "title": "Something in the request is not valid",
        "status": 422,
        "detail": "prompt: This is required. promt: There is no such field.",
        "code": "invalid",
        "errors": {"prompt": "This is required.", "promt": "There is no such field."},
    }


@pytest.mark.parametrize(
    ("path", "name", "sentence"),
    [
        ("runs?limit=0", "limit", "This must be 1 or more."),
        ("runs?rating=9", "rating", "This must be 5 or less."),
        ("runs?imported=maybe", "imported", "This must be true or false."),
        (
            "runs?state=bored",
            "state",
            "This is one of running, paused, stopped, failed, completed.",
        ),
        ("runs?q=" + "x" * 201, "q", "This may have at most 200 characters."),
        ("runs?since=2026-01-01T00:00:00+02:00", "since", "such as 2026-01-31T18:00:00Z"),
        ("models?input=smell", "input", "This is one of text, image, audio, video."),
    ],
)
def test_what_is_wrong_is_said_in_words_of_ours(
    path: str, name: str, sentence: str, owner: ApiClient
) -> None:
    answer = owner.get(path)

    assert code(answer) == (422, "invalid")
    assert sentence in problem(answer)["errors"][name]


def test_a_number_that_does_not_fit_is_told_in_the_callers_language(
    owner: ApiClient, network: Network
) -> None:
    owner.headers["Accept-Language"] = "fr"

    answer = owner.post(RUNS, {"prompt": "x", "client_key": "k" * 101})

    assert problem(answer)["errors"]["client_key"] == "Ceci peut avoir 100 caractères au plus."


def test_slots_of_something_else_are_no_ring(owner: ApiClient, network: Network) -> None:
    hall = Installation.objects.create(network=network, name="Hall")
    path = f"installations/{hall.public_id}/displays"

    answer = owner.post(path, {"name": "wall", "type": "single", "slots": [99]})

    assert code(answer) == (422, "invalid")
    assert code(owner.patch("networks/whispers", {"slots": 5})) == (422, "invalid_ring")


@pytest.mark.parametrize("path", ["networks/whispers", "networks", "networks/nowhere"])
def test_the_head_of_an_answer_is_that_of_the_answer(
    path: str, owner: ApiClient, network: Network
) -> None:
    whole, head = owner.get(path), owner.send("HEAD", path)

    assert head.status_code == whole.status_code
    assert head.headers.get("ETag") == whole.headers.get("ETag")
    assert head.headers["Content-Length"] == str(len(whole.content))


def test_what_cannot_be_read_has_no_head(owner: ApiClient, network: Network) -> None:
    answer = owner.send("HEAD", "stop-all")

    assert answer.status_code == 405
    assert "HEAD" not in answer.headers["Allow"]
