"""Who loses the right to look loses the socket too, within seconds and without any event."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from lib.database_thread import close_connection
from networks.models import Network, TerminalToken
from panic.asgi import application
from realtime import access, hub
from tests.people import signed_in
from tests.realtime.fixtures import PatientCommunicator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "REVALIDATION_SECONDS", 0.1)
    monkeypatch.setattr(hub, "TICK_SECONDS", 0.05)


def left_after(
    change: Callable[[], Any], path: str, *, cookie: str = "", bearer: str = ""
) -> tuple[str, int | None]:
    """What the socket was told first, and the code it is closed with once `change` has happened."""

    async def followed() -> tuple[str, int | None]:
        headers = [(b"host", b"testserver")]
        headers += [(b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode())] * bool(cookie)
        headers += [(b"authorization", f"Bearer {bearer}".encode())] * bool(bearer)
        socket = PatientCommunicator(application, path, headers=headers)
        await socket.connect()
        first = await socket.receive_output(timeout=30)
        await sync_to_async(change)()
        code = None
        while code is None:
            output = await socket.receive_output(timeout=30)
            code = output.get("code") if output["type"] == "websocket.close" else None
        await hub.current().close()
        await sync_to_async(close_connection)()
        return json.loads(first["text"])["type"], code

    return asyncio.run(followed())


def session(client: Client) -> str:
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def test_a_collaborator_who_was_removed(network: Network, carol: User) -> None:
    cookie = session(signed_in(carol))

    def removed() -> None:
        network.collaborators.remove(carol)

    path = f"/ws/networks/{network.slug}/"
    assert left_after(removed, path, cookie=cookie) == ("welcome", 4401)


def test_a_guest_whose_code_was_revoked(network: Network) -> None:
    token, plain = TerminalToken.issue(network, at=timezone.now())
    path = f"/ws/networks/{network.slug}/?view=terminal&token={plain}"

    assert left_after(token.delete, path) == ("welcome", 4401)


def test_a_guest_whose_code_has_expired(network: Network) -> None:
    token, plain = TerminalToken.issue(network, at=timezone.now())
    path = f"/ws/networks/{network.slug}/?view=terminal&token={plain}"

    def expired() -> None:
        TerminalToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())

    assert left_after(expired, path) == ("welcome", 4401)


def test_a_program_whose_token_was_revoked(network: Network, alice: User) -> None:
    token, plain = ApiToken.issue(alice)

    path = f"/ws/networks/{network.slug}/"
    assert left_after(token.delete, path, bearer=plain) == ("welcome", 4401)


def test_somebody_who_signed_out(network: Network, alice: User) -> None:
    client = signed_in(alice)
    cookie = session(client)

    path = f"/ws/networks/{network.slug}/"
    assert left_after(client.logout, path, cookie=cookie) == ("welcome", 4401)


def test_an_admin_who_is_none_any_more(root: User, db: None) -> None:
    cookie = session(signed_in(root))

    def demoted() -> None:
        User.objects.filter(pk=root.pk).update(is_superuser=False)

    assert left_after(demoted, "/ws/mission-control/", cookie=cookie) == ("welcome", 4401)


def test_a_stranger_before_a_network_that_was_closed(public: Network) -> None:
    def made_private() -> None:
        Network.objects.filter(pk=public.pk).update(public=False)

    assert left_after(made_private, f"/ws/networks/{public.slug}/") == ("welcome", 4401)


def test_on_a_public_network_a_removed_collaborator_comes_back_as_one_of_the_public(
    public: Network, carol: User
) -> None:
    cookie = session(signed_in(carol))

    def removed() -> None:
        public.collaborators.remove(carol)

    path = f"/ws/networks/{public.slug}/"
    assert left_after(removed, path, cookie=cookie) == ("welcome", 4410)
