"""The image check: what the model host says of a picture, and what becomes of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from assets import ingest, screening
from assets.errors import Declined
from assets.models import Asset
from local_models.address import open_listener
from local_models.host import ModelHost
from local_models.protocol import HostReply, HostRequest, UnusableInput
from platforms import checks, picture_taste
from tests.fake_servers import media
from tests.local_models.conftest import run_dir  # noqa: F401  the fixture

PNG = media.png("shown")


@contextmanager
def host_that_says(answer: str, folder: Path) -> Iterator[list[HostRequest]]:
    """A model host beside this thread, as it is for a worker; its requests so far."""
    asked: list[HostRequest] = []
    started = threading.Event()
    loop = asyncio.new_event_loop()

    def look(request: HostRequest) -> HostReply:
        asked.append(request)
        if not answer:
            raise UnusableInput("There is nothing in it to look at.")
        return HostReply(text=answer)

    async def answer_one() -> None:
        host = ModelHost(thread_of_model=str, load=lambda _: look)
        server = await asyncio.start_unix_server(host._connected, sock=open_listener(folder))
        started.set()
        await stopping.wait()
        server.close()

    stopping = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(answer_one(),))
    thread.start()
    started.wait(10)
    try:
        yield asked
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(10)
        loop.close()


@pytest.fixture(autouse=True)
def checked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PICTURE_CHECK = picture_taste.NAME
    settings.PICTURE_CHECK_FAILING = "refuse"
    monkeypatch.setattr(picture_taste, "is_installed", lambda: True)


def stored(data: bytes = PNG, kind: str = "image") -> Asset:
    return ingest.store(data, kind=kind, screen=screening.screen)


@pytest.mark.django_db
def test_what_is_fit_passes(run_dir: Path) -> None:  # noqa: F811
    with host_that_says("0.0312", run_dir) as asked:
        assert stored().kind == "image"

    (request,) = asked
    assert (request.model, request.parameters) == ("local:taste", {"kind": "image"})


@pytest.mark.django_db
def test_what_is_not_fit_is_kept_from_everybody(run_dir: Path) -> None:  # noqa: F811
    with host_that_says("0.9", run_dir), pytest.raises(Declined, match="90 of 100"):
        stored()

    assert not Asset.objects.exists()


@pytest.mark.django_db
def test_the_operator_says_where_the_limit_is(
    settings: Settings,
    run_dir: Path,  # noqa: F811
) -> None:
    settings.PICTURE_CHECK_LIMIT = 95

    with host_that_says("0.9", run_dir):
        assert stored().kind == "image"


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["", None], ids=["it cannot look", "no host"])
def test_without_an_answer_it_has_failed(
    settings: Settings,
    run_dir: Path,  # noqa: F811
    answer: str | None,
) -> None:
    def stored_without() -> Asset:
        if answer is None:
            return stored()
        with host_that_says(answer, run_dir):
            return stored()

    with pytest.raises(Declined):
        stored_without()

    settings.PICTURE_CHECK_FAILING = "allow"

    assert stored_without().kind == "image"


def test_the_start_points_out_that_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.check_taste() == []

    monkeypatch.setattr(picture_taste, "is_installed", lambda: False)

    (warning,) = checks.check_taste()
    assert "make setup EXTRAS=local" in warning.msg
