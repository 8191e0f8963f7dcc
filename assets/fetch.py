"""The guarded door: outside media comes in from public addresses, within limits, or not at all.

A provider's answer, or a prompt that talked a model into it, may name any address. So the name is
resolved first, every address it has must be public, and the connection goes to the one that was
checked; each redirect is checked again. Origins that the house itself configured are exempt.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote_to_bytes

import httpx

from . import addresses, blobs
from .errors import AssetError, FetchFailed, TooLarge
from .kinds import LIMITS, MEGA, Kind

MAX_REDIRECTS = 3
DEADLINE = 120.0
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
_PAGE = re.compile(r"text/|application/(json|xml|xhtml|javascript|problem)", re.IGNORECASE)

Resolve = Callable[[str, int], Awaitable[list[str]]]


async def fetch(
    url: str,
    *,
    kind: str,
    allowed_origins: Collection[str],
    into: Path,
    max_bytes: int | None = None,
    deadline: float = DEADLINE,
    resolve: Resolve = addresses.resolve,
    transport: httpx.AsyncBaseTransport | None = None,
) -> tuple[Path, str]:
    """Bring what lies at `url` into the new file `into`: it, and the type it is said to be.

    `max_bytes` is the kind's limit unless given, `deadline` is in seconds from now. Raises
    FetchFailed, TooLarge or StorageFull, and then has left no file. What is said to be a page is
    not taken; what came is not looked at otherwise: that is for `assets.ingest.store`.
    """
    asked = Kind(kind)
    limit = LIMITS[asked].size if max_bytes is None else max_bytes
    door = _Door(asked, frozenset(allowed_origins), limit, resolve, transport)
    try:
        with blobs.storage_troubles():
            if url[:5].lower() == "data:":
                return into, await asyncio.to_thread(door.decode, url, into)
            async with asyncio.timeout(deadline):
                return into, await door.download(url, into)
    except FileExistsError:
        raise
    except BaseException as error:
        into.unlink(missing_ok=True)
        if isinstance(error, TimeoutError):
            sentence = f"The {door.kind.noun} did not arrive within {deadline:.0f} seconds."
            raise FetchFailed(sentence, retryable=True) from error
        raise


@dataclass(frozen=True, slots=True)
class _Door:
    kind: Kind
    allowed_origins: frozenset[str]
    max_bytes: int
    resolve: Resolve
    transport: httpx.AsyncBaseTransport | None

    async def download(self, url: str, target: Path) -> str:
        client = httpx.AsyncClient(
            timeout=TIMEOUT,
            trust_env=False,  # a proxy would resolve the name again, behind our back
            verify=_trusted(),
            transport=self.transport,
            headers={"Accept": f"{self.kind}/*, */*;q=0.5", "Accept-Encoding": "identity"},
        )
        async with client:
            try:
                address = httpx.URL(url)
                for _ in range(MAX_REDIRECTS + 1):
                    async with self._asked(client, address) as response:
                        if not response.has_redirect_location:
                            await self._save(response, target)
                            return str(response.headers.get("Content-Type", ""))
                        address = address.join(response.headers["Location"])
            except httpx.InvalidURL as error:
                raise self._not_allowed("its address makes no sense") from error
            except httpx.HTTPError as error:
                raise self._failed(f"its server broke off ({type(error).__name__})") from error
        raise self._failed("it is redirected too often", retryable=False)

    @asynccontextmanager
    async def _asked(
        self, client: httpx.AsyncClient, url: httpx.URL
    ) -> AsyncIterator[httpx.Response]:
        """The answer of the first of the host's addresses that can be connected to."""
        response = await self._first_answer(client, url, await self._checked(url))
        try:
            yield response
        finally:
            await response.aclose()

    async def _first_answer(
        self, client: httpx.AsyncClient, url: httpx.URL, found: list[str | None]
    ) -> httpx.Response:
        *others, last = found
        for address in others:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await client.send(self._request(client, url, address), stream=True)
        return await client.send(self._request(client, url, last), stream=True)

    async def _checked(self, url: httpx.URL) -> list[str | None]:
        """The addresses to connect to; None stands for the name, which needs no check."""
        if url.scheme not in addresses.DEFAULT_PORTS or not url.host:
            raise self._not_allowed("only http and https addresses are asked")
        if addresses.is_allowed(url, self.allowed_origins):
            return [None]
        try:
            found = await self.resolve(url.host, url.port or addresses.DEFAULT_PORTS[url.scheme])
        except (OSError, UnicodeError) as error:
            raise self._failed(f"{url.host} cannot be found") from error
        if not found or not all(addresses.is_public(address) for address in found):
            raise self._not_allowed(f"{url.host} is not a public address")
        return list(found)

    def _request(
        self, client: httpx.AsyncClient, url: httpx.URL, address: str | None
    ) -> httpx.Request:
        if address is None:
            return client.build_request("GET", url)
        return client.build_request(
            "GET",
            url.copy_with(host=address),
            headers={"Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.host},  # the certificate is the name's
        )

    async def _save(self, response: httpx.Response, target: Path) -> None:
        if response.status_code != 200:
            again = response.status_code in TRY_AGAIN
            raise self._failed(f"its server answered {response.status_code}", retryable=again)
        if _PAGE.match(said := response.headers.get("Content-Type", "").strip()):
            raise self._not_allowed(f"its server sent {said.partition(';')[0].strip()[:60]}")
        # It was asked for as it is. A body that is packed all the same unpacks to anything: a piece
        # that the size check has not seen yet would take gigabytes of memory.
        if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise self._not_allowed("its server sent it packed")
        self._check_size(_promised(response))
        received = 0
        with await asyncio.to_thread(target.open, "xb") as stream:
            async for piece in response.aiter_bytes(blobs.PIECE):
                received += len(piece)
                self._check_size(received)
                await asyncio.to_thread(stream.write, piece)

    def decode(self, url: str, target: Path) -> str:
        """Write out a `data:` address, which carries the media in itself."""
        head, comma, body = url[5:].partition(",")
        content_type, _, encoding = head.rpartition(";")
        try:
            if encoding.strip().lower() == "base64":
                self._check_size(len(body) * 3 // 4 - 2)
                data = base64.b64decode(unquote_to_bytes(body), validate=True)
            else:
                content_type, data = head, unquote_to_bytes(body)
        except binascii.Error as error:
            raise self._not_allowed("its data: address is damaged") from error
        if not comma:
            raise self._not_allowed("its data: address is damaged")
        self._check_size(len(data))
        with target.open("xb") as stream:
            stream.write(data)
        return content_type

    def _check_size(self, size: int) -> None:
        if size > self.max_bytes:
            raise TooLarge(
                f"The file is too large: {self.kind.phrase} may have at most "
                f"{self.max_bytes / MEGA:.0f} MB."
            )

    def _failed(self, why: str, *, retryable: bool = True) -> AssetError:
        return FetchFailed(f"The {self.kind.noun} cannot be fetched: {why}.", retryable=retryable)

    def _not_allowed(self, why: str) -> AssetError:
        return self._failed(why, retryable=False)


def _promised(response: httpx.Response) -> int:
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else 0


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    # Reading the certificates takes longer than fetching an image.
    return httpx.create_ssl_context()
