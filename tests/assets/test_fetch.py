from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from assets.errors import FetchFailed, TooLarge
from assets.fetch import fetch

pytestmark = pytest.mark.asyncio

PUBLIC = "93.184.215.14"
Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "fetched"


def resolving_to(*found: str) -> Callable[[str, int], Awaitable[list[str]]]:
    async def resolve(_host: str, _port: int) -> list[str]:
        return list(found)

    return resolve


async def fetched(
    url: str,
    into: Path,
    handler: Handler,
    *,
    found: tuple[str, ...] = (PUBLIC,),
    allowed: tuple[str, ...] = (),
    max_bytes: int = 1_000,
    deadline: float = 5.0,
) -> tuple[Path, str]:
    return await fetch(
        url,
        kind="image",
        allowed_origins=allowed,
        into=into,
        max_bytes=max_bytes,
        deadline=deadline,
        resolve=resolving_to(*found),
        transport=httpx.MockTransport(handler),
    )


def untouched(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"{request.url} was asked")


async def test_media_is_fetched_from_the_address_that_was_checked(into: Path) -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=b"picture", headers={"Content-Type": "image/webp"})

    path, content_type = await fetched("https://cdn.example.org:8443/a.webp?b=c", into, handler)

    assert (path.read_bytes(), content_type) == (b"picture", "image/webp")
    (request,) = asked
    assert str(request.url) == f"https://{PUBLIC}:8443/a.webp?b=c"
    assert request.headers["Host"] == "cdn.example.org:8443"
    assert request.extensions["sni_hostname"] == "cdn.example.org"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "::7f00:1",
        "::ffff:0:7f00:1",
        "2002:7f00:1::",
        "fec0::1",
        "3fff::1",
        "192.0.0.8",
        "198.18.0.1",
        "240.0.0.1",
    ],
)
async def test_an_address_of_this_machine_or_its_networks_is_refused(
    address: str, into: Path
) -> None:
    with pytest.raises(FetchFailed, match="not a public address") as caught:
        await fetched("http://innocent.example.org/", into, untouched, found=(PUBLIC, address))

    assert not caught.value.retryable
    assert not into.exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]"])
async def test_every_spelling_of_loopback_is_refused(host: str, into: Path) -> None:
    with pytest.raises(FetchFailed, match=r"not a public address|makes no sense|cannot be found"):
        await fetch(f"http://{host}:9/", kind="image", allowed_origins=(), into=into)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/a", "//x/y", "http://", "", "gopher://x"])  # fmt: skip
async def test_what_is_no_web_address_is_refused(url: str, into: Path) -> None:
    with pytest.raises(FetchFailed) as caught:
        await fetched(url, into, untouched)

    assert not caught.value.retryable


async def test_the_operators_own_origins_are_asked_by_name(into: Path) -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, content=b"ok")

    await fetched(
        "http://127.0.0.1:9000/x.png",
        into,
        handler,
        found=("127.0.0.1",),
        allowed=("HTTP://127.0.0.1:9000/v1",),
    )

    assert asked == ["http://127.0.0.1:9000/x.png"]


async def test_another_port_of_an_allowed_host_is_another_origin(into: Path) -> None:
    with pytest.raises(FetchFailed, match="not a public address"):
        await fetched(
            "http://127.0.0.1:9001/x.png",
            into,
            untouched,
            found=("127.0.0.1",),
            allowed=("http://127.0.0.1:9000",),
        )


async def test_a_redirect_is_followed_and_checked_again(into: Path) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/first":
            return httpx.Response(302, headers={"Location": "/second"})
        return httpx.Response(200, content=b"ok")

    path, _ = await fetched("http://a.example.org/first", into, handler)

    assert path.read_bytes() == b"ok"


@pytest.mark.parametrize("location", ["http://127.0.0.1/x", "file:///etc/passwd"])
async def test_a_redirect_inwards_is_refused(location: str, into: Path) -> None:
    async def resolve(host: str, _port: int) -> list[str]:
        return ["127.0.0.1" if host == "127.0.0.1" else PUBLIC]

    transport = httpx.MockTransport(
        lambda request: httpx.Response(302, headers={"Location": location})
    )

    with pytest.raises(FetchFailed, match=r"public|http and https"):
        await fetch(
            "http://a.example.org/",
            kind="image",
            allowed_origins=(),
            into=into,
            resolve=resolve,
            transport=transport,
        )


async def test_going_in_circles_ends(into: Path) -> None:
    asked: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(1)
        return httpx.Response(302, headers={"Location": "/again"})

    with pytest.raises(FetchFailed, match="redirected too often"):
        await fetched("http://a.example.org/", into, handler)

    assert len(asked) == 4


@pytest.mark.parametrize("declared", [True, False])
async def test_too_many_bytes_are_refused_and_not_kept(declared: bool, into: Path) -> None:
    async def body() -> object:
        for _ in range(20):
            yield b"x" * 100

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"x" * 2_000 if declared else body())  # type: ignore[arg-type]

    with pytest.raises(TooLarge, match="too large"):
        await fetched("http://a.example.org/", into, handler)

    assert not into.exists()


@pytest.mark.parametrize(
    ("status", "retryable"), [(404, False), (403, False), (410, False), (204, False), (429, True), (500, True), (503, True)]
)  # fmt: skip
async def test_an_unwilling_server_is_said_in_a_sentence(
    status: int, retryable: bool, into: Path
) -> None:
    with pytest.raises(FetchFailed, match=f"answered {status}\\.$") as caught:
        await fetched("http://a.example.org/", into, lambda request: httpx.Response(status))

    assert caught.value.retryable is retryable


async def test_the_next_address_is_tried_where_one_does_not_answer(into: Path) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host != PUBLIC:
            raise httpx.ConnectError("no route", request=request)
        return httpx.Response(200, content=b"ok")

    path, _ = await fetched(
        "http://a.example.org/", into, handler, found=("2606:2800:220:1::1", PUBLIC)
    )

    assert path.read_bytes() == b"ok"


async def test_a_host_that_answers_nowhere_may_be_tried_again(into: Path) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    with pytest.raises(FetchFailed, match="broke off") as caught:
        await fetched("http://a.example.org/", into, handler)

    assert caught.value.retryable


async def test_a_slow_server_is_left_at_the_deadline(into: Path) -> None:
    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.Event().wait()
            raise AssertionError

    with pytest.raises(FetchFailed, match="did not arrive within") as caught:
        await fetch(
            "http://a.example.org/",
            kind="audio",
            allowed_origins=(),
            into=into,
            deadline=0.05,
            resolve=resolving_to(PUBLIC),
            transport=Slow(),
        )

    assert caught.value.retryable


async def test_a_body_cut_short_on_a_real_connection_is_not_kept(into: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    origin = f"http://127.0.0.1:{port}"

    async with server:
        with pytest.raises(FetchFailed, match="broke off") as caught:
            await fetch(f"{origin}/a", kind="image", allowed_origins=[origin], into=into)

    assert caught.value.retryable
    assert not into.exists()
