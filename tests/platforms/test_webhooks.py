"""Whose word it is: the signature on what comes in."""

from __future__ import annotations

import base64

import pytest

from platforms.http import is_outside
from platforms.webhooks import TOLERANCE, is_signed
from tests.fake_servers.webhooks import SECRET, signed

BODY, NOW = b'{"id": "p1", "status": "succeeded"}', 1_790_000_000
OTHER = f"whsec_{base64.b64encode(b'another secret').decode()}"


def test_the_published_example_of_the_scheme_is_right() -> None:
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    assert is_signed(headers, b'{"test": 2432232314}', secret, now=1614265330)


@pytest.mark.parametrize("age", [0, TOLERANCE - 1, 1 - TOLERANCE])
def test_what_was_signed_lately_is_right(age: float) -> None:
    assert is_signed(signed("msg_1", NOW, BODY), BODY, SECRET, now=NOW + age)


@pytest.mark.parametrize("age", [TOLERANCE + 1, -TOLERANCE - 1])
def test_what_was_overheard_long_ago_is_not(age: float) -> None:
    assert not is_signed(signed("msg_1", NOW, BODY), BODY, SECRET, now=NOW + age)


def test_one_good_signature_of_several_is_enough() -> None:
    headers = signed("msg_1", NOW, BODY)
    old = signed("msg_1", NOW, BODY, OTHER)["webhook-signature"]
    headers["webhook-signature"] = f"{old} v2,abc {headers['webhook-signature']}"

    assert is_signed(headers, BODY, SECRET, now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,ünlesbar"},
        {"webhook-signature": signed("msg_1", NOW, BODY, OTHER)["webhook-signature"]},
        {"webhook-id": ""},
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "²"},
        {"webhook-timestamp": str(NOW + 1)},
    ],
    ids=lambda change: "=".join(*change.items()),
)
def test_whatever_differs_from_what_was_signed_is_not_right(change: dict[str, str]) -> None:
    assert not is_signed({**signed("msg_1", NOW, BODY), **change}, BODY, SECRET, now=NOW)


def test_another_body_is_not_right() -> None:
    assert not is_signed(signed("msg_1", NOW, BODY), BODY + b" ", SECRET, now=NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_§", "not base64"])
def test_without_a_proper_secret_nothing_is_right(secret: str) -> None:
    assert not is_signed(signed("msg_1", NOW, BODY), BODY, secret, now=NOW)


@pytest.mark.parametrize(
    ("address", "outside"),
    [
        ("https://panic.example", True),
        ("https://203.0.114.7:8443/x", True),
        ("http://localhost:8000", False),
        ("http://127.0.0.1:8000", False),
        ("http://[::1]:8000", False),
        ("http://192.168.1.20", False),
        ("http://gallery.local", False),
        ("http://wall", False),
        ("http://panic.lan:8000", False),
        ("", False),
    ],
)
def test_an_address_of_the_house_is_not_outside(address: str, outside: bool) -> None:
    assert is_outside(address) is outside
