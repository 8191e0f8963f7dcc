"""Uploads over HTTP, in the shape of tus 1.0."""

from __future__ import annotations

import base64
from datetime import timedelta
from hashlib import sha1
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from films.models import Upload

BYTES = "application/offset+octet-stream"


@pytest.fixture
def program(alice: User) -> Client:
    """Sends Alice's token with each call."""
    return Client(headers={"Authorization": f"Bearer {ApiToken.issue(alice)[1]}"})


def announce(client: Client, size: int = 10) -> str:
    body = {"bytes": size, "content_type": "video/mp4", "name": "rain.mp4"}
    answer = client.post("/api/v1/uploads", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    url: str = answer.json()["url"]
    assert answer["Location"] == url
    return url


def patch(client: Client, url: str, data: bytes, offset: int, **headers: str) -> Any:
    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset), **headers}
    return client.generic("PATCH", url, data, BYTES, headers=headers)


def test_clip_is_sent_in_pieces(program: Client) -> None:
    url = announce(program)

    first = patch(program, url, b"01234", 0)
    asked = program.head(url)
    second = patch(program, url, b"56789", 5)

    assert (first.status_code, first["Upload-Offset"]) == (204, "5")
    assert first["Tus-Resumable"] == "1.0.0"
    assert "GMT" in first["Upload-Expires"]
    assert (asked.status_code, asked["Upload-Offset"], asked["Upload-Length"]) == (200, "5", "10")
    assert asked["Cache-Control"] == "no-store"
    assert second["Upload-Offset"] == "10"
    assert program.get(url).json()["state"] == "received"


def test_client_of_tus_may_say_it_all_in_headers(program: Client) -> None:
    name = base64.b64encode("Régen.mp4".encode()).decode()
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": "7",
        "Upload-Metadata": f"filename {name},empty,filetype {base64.b64encode(b'video/mp4').decode()}",
    }

    answer = program.post("/api/v1/uploads", b"", BYTES, headers=headers)

    assert answer.status_code == 201
    upload = Upload.objects.get()
    assert answer["Location"].endswith(upload.public_id)
    assert (upload.bytes, upload.name, upload.content_type) == (7, "Régen.mp4", "video/mp4")


def test_options_say_what_is_done_here(stranger: Client, settings: LazySettings) -> None:
    settings.UPLOAD_MAX_MB = 3

    answer = stranger.options("/api/v1/uploads")

    assert answer.status_code == 204
    assert answer["Tus-Version"] == answer["Tus-Resumable"] == "1.0.0"
    assert answer["Tus-Max-Size"] == "3000000"
    assert set(answer["Tus-Extension"].split(",")) == {
        *("creation", "expiration", "checksum", "termination")
    }


@pytest.mark.parametrize(
    ("offset", "data", "headers", "status", "code"),
    [
        (3, b"x", {}, 409, "wrong_offset"),
        (0, b"01234567890", {}, 413, "too_large"),
        (0, b"x", {"Tus-Resumable": "0.2.2"}, 412, "unsupported"),
        (0, b"x", {"Upload-Offset": "-1"}, 422, "invalid"),
        (0, b"x", {"Upload-Checksum": "md5 AAAA"}, 422, "invalid"),
        (
            0,
            b"x",
            {"Upload-Checksum": f"sha1 {base64.b64encode(b'0' * 20).decode()}"},
            460,
            "checksum",
        ),
    ],
)
def test_piece_that_does_not_fit_is_refused(
    program: Client, offset: int, data: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    url = announce(program)

    answer = patch(program, url, data, offset, **headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert program.head(url)["Upload-Offset"] == "0"


def test_refusal_of_a_place_says_the_right_one(program: Client) -> None:
    url = announce(program)
    patch(program, url, b"01", 0)

    assert patch(program, url, b"x", 0)["Upload-Offset"] == "2"


def test_piece_with_its_checksum_is_taken(program: Client) -> None:
    digest = base64.b64encode(sha1(b"0123", usedforsecurity=False).digest()).decode()

    answer = patch(program, announce(program), b"0123", 0, **{"Upload-Checksum": f"sha1 {digest}"})

    assert answer.status_code == 204


def test_other_content_type_is_refused(program: Client) -> None:
    answer = program.patch(announce(program), b"{}", content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported")


def test_expired_upload_is_gone(program: Client) -> None:
    url = announce(program)
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert patch(program, url, b"0", 0).status_code == 410
    assert program.head(url).status_code == 410


def test_removed_upload_is_not_there(program: Client) -> None:
    url = announce(program)

    assert program.delete(url).status_code == 204
    assert program.head(url).status_code == 404


@pytest.mark.parametrize(
    ("size", "status", "code"), [(0, 422, "invalid"), (10**10, 413, "too_large")]
)
def test_clip_that_cannot_be_taken_is_refused_before_a_byte(
    program: Client, size: int, status: int, code: str
) -> None:
    answer = program.post("/api/v1/uploads", {"bytes": size}, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Upload.objects.exists()


def test_session_needs_the_header_against_other_sites(alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    browser.get("/networks/new/")
    token = {"X-CSRFToken": browser.cookies["csrftoken"].value}

    def post(headers: dict[str, str]) -> Any:
        body = {"bytes": 4}
        return browser.post("/api/v1/uploads", body, "application/json", headers=headers)

    assert post({}).status_code == 403
    url = post(token).json()["url"]
    assert patch(browser, url, b"0123", 0).status_code == 403
    assert patch(browser, url, b"0123", 0, **token).status_code == 204


def test_upload_is_nobody_elses(program: Client, bob: User) -> None:
    url = announce(program)
    his = Client(headers={"Authorization": f"Bearer {ApiToken.issue(bob)[1]}"})

    assert his.head(url).status_code == 404
    assert patch(his, url, b"0", 0).status_code == 404


def test_refusal_is_told_in_the_readers_language(program: Client) -> None:
    url = announce(program)
    Upload.objects.update(state="refused", refusal="The video is cut short: its end is missing.")

    answer = program.get(url, headers={"Accept-Language": "fr"})

    assert answer.json()["error"] == "La vidéo est tronquée\N{NO-BREAK SPACE}: sa fin manque."
