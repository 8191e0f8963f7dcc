"""Servers that mean harm, on real connections: what they send is not kept, and does not hold us up."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import brotli
import httpx
import pytest

from assets import images
from assets.errors import AssetError, DamagedMedia, FetchFailed, TooLarge
from assets.fetch import fetch
from tests.assets import samples

pytestmark = [pytest.mark.asyncio, pytest.mark.enable_socket]

Serve = Callable[[asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "fetched"


@asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[str]:
    """Its origin. Whatever it is asked, it does this."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await serve(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


def saying(head: str, body: bytes = b"") -> Serve:
    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {head}\r\nConnection: close\r\n\r\n".encode() + body)

    return serve


async def fetched(
    origin: str, into: Path, *, max_bytes: int = 100_000, deadline: float = 20.0
) -> Path:
    path, _ = await fetch(
        f"{origin}/x",
        kind="image",
        allowed_origins=[origin],
        into=into,
        max_bytes=max_bytes,
        deadline=deadline,
    )
    return path


@pytest.mark.parametrize(("packed", "name"), [(gzip.compress, "gzip"), (brotli.compress, "br")])
async def test_a_body_that_would_unpack_to_gigabytes_is_not_unpacked(
    packed: Callable[[bytes], bytes], name: str, into: Path
) -> None:
    bomb = packed(bytes(50_000_000))

    async with server(saying(f"200 OK\r\nContent-Encoding: {name}", bomb)) as origin:
        tracemalloc.start()
        with pytest.raises(FetchFailed, match="packed") as caught:
            await fetched(origin, into)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert not caught.value.retryable
    assert peak < 10_000_000
    assert not into.exists()


async def test_a_body_without_an_end_is_cut_off_at_the_limit(into: Path) -> None:
    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    async with server(serve) as origin:
        with pytest.raises(TooLarge):
            await fetched(origin, into)

    assert not into.exists()


async def test_a_body_that_says_it_is_short_and_goes_on_is_cut_off(into: Path) -> None:
    async with server(saying("200 OK\r\nContent-Length: 10", b"x" * 500_000)) as origin:
        path = await fetched(origin, into)

    assert path.stat().st_size == 10


async def test_a_body_that_drips_is_left_at_the_deadline(into: Path) -> None:
    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with server(serve) as origin:
        async with asyncio.timeout(60):  # it would drip for ever
            with pytest.raises(FetchFailed, match="did not arrive") as caught:
                await fetched(origin, into, deadline=0.4)

    assert caught.value.retryable
    assert not into.exists()


@pytest.mark.parametrize("manner", ["head", "silence"])
async def test_a_server_that_never_comes_to_the_point_is_left(manner: str, into: Path) -> None:
    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n" if manner == "head" else b"")
        while True:
            writer.write(b"X-More: and more\r\n" if manner == "head" else b"")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with server(serve) as origin:
        with pytest.raises(FetchFailed):
            await fetched(origin, into, deadline=0.4)


@pytest.mark.parametrize(
    "content_type",
    ["text/html; charset=utf-8", "application/json", "application/xml", "TEXT/PLAIN"],
)
async def test_a_page_is_not_taken_for_media(content_type: str, into: Path) -> None:
    async with server(saying(f"200 OK\r\nContent-Type: {content_type}", b"<html>")) as origin:
        with pytest.raises(FetchFailed, match="sent") as caught:
            await fetched(origin, into)

    assert not caught.value.retryable
    assert not into.exists()


@pytest.mark.parametrize("content_type", ["image/png", "application/octet-stream", ""])
async def test_what_lies_about_its_type_is_found_out_when_it_is_decoded(
    content_type: str, into: Path
) -> None:
    head = f"200 OK\r\nContent-Type: {content_type}" if content_type else "200 OK"
    async with server(saying(head, b"<html>no picture</html>")) as origin:
        path = await fetched(origin, into)

    with pytest.raises(DamagedMedia):
        images.examine(path, lambda: into.with_suffix(".copy"))


async def test_a_picture_that_would_unfold_to_gigabytes_is_not_decoded(into: Path) -> None:
    bomb = samples.huge_png()
    async with server(saying("200 OK\r\nContent-Type: image/png", bomb)) as origin:
        path = await fetched(origin, into, max_bytes=len(bomb))

    with pytest.raises(TooLarge):
        images.examine(path, lambda: into.with_suffix(".copy"))


async def test_a_name_that_turns_inwards_after_it_was_checked_leads_nowhere(into: Path) -> None:
    answers = [["93.184.215.14"], ["127.0.0.1"]]
    connected: list[str] = []

    async def resolve(_host: str, _port: int) -> list[str]:
        return answers.pop(0)

    def handler(request: httpx.Request) -> httpx.Response:
        connected.append(request.url.host)
        if request.url.path == "/x":
            return httpx.Response(302, headers={"Location": "http://rebound.example.org/y"})
        raise AssertionError("the second answer was asked")

    with pytest.raises(FetchFailed, match="not a public address"):
        await fetch(
            "http://rebound.example.org/x",
            kind="image",
            allowed_origins=(),
            into=into,
            resolve=resolve,
            transport=httpx.MockTransport(handler),
        )

    assert connected == ["93.184.215.14"]  # the address that was checked, and looked up only once


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1:{other}/", "http://localhost:{port}/", "https://127.0.0.1:{port}/"],
)
async def test_an_allowed_origin_leads_only_to_itself(location: str, into: Path) -> None:
    asked: list[str] = []

    async def inside(writer: asyncio.StreamWriter) -> None:
        asked.append("the other one")

    async with server(inside) as other:
        place = {"other": other.rpartition(":")[2]}

        async def serve(writer: asyncio.StreamWriter) -> None:
            target = location.format(port=origin.rpartition(":")[2], **place)
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\n\r\n".encode())

        async with server(serve) as origin:
            with pytest.raises(AssetError, match="not a public address"):
                await fetched(origin, into)

    assert not asked


async def test_a_name_and_password_in_an_address_do_not_make_it_allowed(into: Path) -> None:
    with pytest.raises(FetchFailed, match="not a public address"):
        await fetch(
            "http://127.0.0.1:9000@127.0.0.1:9/x",
            kind="image",
            allowed_origins=["http://127.0.0.1:9000"],
            into=into,
        )
