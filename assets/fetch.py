"""Fetching media: from public addresses, within limits, or not at all.

A provider's answer, or a prompt that talked a model into it, may name any address. So the name is
resolved first, every address it has must be public, and the connection goes to the one that was
checked; each redirect is checked again. Origins that the operator configured are exempt.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import ssl
from collections.abc import Awaitable, Callable, Collection
from contextlib import aclosing, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote_to_bytes

import httpx

from . import addresses, blobs, sentences
from .errors import AssetError, FetchFailed
from .kinds import LIMITS, MediaKind

MAX_REDIRECTS = 3
DEADLINE_SECONDS = 120.0
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
EXPIRED_STATUSES = {403, 404, 410}
RETRYABLE_STATUSES = {408, 425, 429, 500, 502, 503, 504}
_PAGE = re.compile(r"text/|application/(json|xml|xhtml|javascript|problem)", re.IGNORECASE)

Resolve = Callable[[str, int], Awaitable[list[str]]]


async def fetch(
    url: str,
    *,
    kind: str,
    allowed_origins: Collection[str],
    into: Path,
    max_bytes: int | None = None,
    deadline: float = DEADLINE_SECONDS,
    resolve: Resolve = addresses.resolve,
    transport: httpx.AsyncBaseTransport | None = None,
) -> tuple[Path, str]:
    """Bring what lies at `url` into the new file `into`: it, and the type it is said to be.

    `max_bytes` is the kind's limit unless given, `deadline` is in seconds from now. Raises
    FetchFailed, TooLarge or StorageFull, and then has left no file. What is said to be a page is
    not taken; what came is not looked at otherwise: that is for `assets.ingest.store`.
    """
    asked = MediaKind(kind)
    limit = LIMITS[asked].size if max_bytes is None else max_bytes
    fetching = _CheckedFetch(asked, frozenset(allowed_origins), limit, resolve, transport)
    try:
        with blobs.storage_errors():
            if url[:5].lower() == "data:":
                return into, await asyncio.to_thread(fetching.decode, url, into)
            async with asyncio.timeout(deadline):
                return into, await fetching.download(url, into)
    except FileExistsError:
        raise
    except BaseException as error:
        into.unlink(missing_ok=True)
        if isinstance(error, TimeoutError):
            words = {"noun": fetching.kind.noun, "seconds": f"{deadline:.0f}"}
            raise FetchFailed(sentences.NOT_ARRIVED % words, retryable=True) from error
        raise


@dataclass(frozen=True, slots=True)
class _CheckedFetch:
    kind: MediaKind
    allowed_origins: frozenset[str]
    max_bytes: int
    resolve: Resolve
    transport: httpx.AsyncBaseTransport | None

    async def download(self, url: str, target: Path) -> str:
        client = httpx.AsyncClient(
            timeout=TIMEOUT,
            trust_env=False,  # a proxy would resolve the name again, unchecked
            verify=_trusted(),
            transport=self.transport,
            headers={"Accept": f"{self.kind}/*, */*;q=0.5", "Accept-Encoding": "identity"},
        )
        async with client:
            try:
                address = httpx.URL(url)
                for _ in range(MAX_REDIRECTS + 1):
                    async with aclosing(await self._answer(client, address)) as response:
                        if not response.has_redirect_location:
                            await self._save(response, target)
                            return str(response.headers.get("Content-Type", ""))
                        address = address.join(response.headers["Location"])
            except httpx.InvalidURL as error:
                raise self._not_allowed("its address makes no sense") from error
            except httpx.HTTPError as error:
                words = {"error": type(error).__name__}
                raise self._failed(sentences.BROKE_OFF % words) from error
        raise self._failed(sentences.REDIRECTED, retryable=False)

    async def _answer(self, client: httpx.AsyncClient, url: httpx.URL) -> httpx.Response:
        """Of the first of the host's addresses that can be connected to; to be closed."""
        *others, last = await self._checked(url)
        for address in others:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await client.send(self._request(client, url, address), stream=True)
        return await client.send(self._request(client, url, last), stream=True)

    async def _checked(self, url: httpx.URL) -> list[str | None]:
        """The addresses to connect to; None stands for the name, which needs no check."""
        if url.scheme not in addresses.DEFAULT_PORTS or not url.host:
            raise self._not_allowed("only http and https addresses are asked")
        if addresses.is_allowed_origin(url, self.allowed_origins):
            return [None]
        try:
            found = await self.resolve(url.host, url.port or addresses.DEFAULT_PORTS[url.scheme])
        except (OSError, UnicodeError) as error:
            raise self._failed(sentences.NOT_FOUND % {"host": url.host}) from error
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
            status = response.status_code
            said = f"its server answered {status}"
            again, expired = status in RETRYABLE_STATUSES, status in EXPIRED_STATUSES
            raise self._failed(said, retryable=again, expired=expired)
        if _PAGE.match(said := response.headers.get("Content-Type", "").strip()):
            raise self._not_allowed(f"its server sent {said.partition(';')[0].strip()[:60]}")
        # It was asked for as it is. A body that is packed all the same unpacks to anything: a piece
        # that the size check has not seen yet would take gigabytes of memory.
        if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise self._not_allowed("its server sent it packed")
        self.kind.require_size(_promised(response), self.max_bytes)
        received = 0
        with await asyncio.to_thread(target.open, "xb") as stream:
            async for piece in response.aiter_bytes(blobs.PIECE):
                received += len(piece)
                self.kind.require_size(received, self.max_bytes)
                await asyncio.to_thread(stream.write, piece)

    def decode(self, url: str, target: Path) -> str:
        """Write out a `data:` address, which carries the media in itself."""
        head, comma, body = url[5:].partition(",")
        content_type, _, encoding = head.rpartition(";")
        try:
            if encoding.strip().lower() == "base64":
                self.kind.require_size(len(body) * 3 // 4 - 2, self.max_bytes)
                data = base64.b64decode(unquote_to_bytes(body), validate=True)
            else:
                content_type, data = head, unquote_to_bytes(body)
        except binascii.Error as error:
            raise self._not_allowed(sentences.DATA_DAMAGED) from error
        if not comma:
            raise self._not_allowed(sentences.DATA_DAMAGED)
        self.kind.require_size(len(data), self.max_bytes)
        with target.open("xb") as stream:
            stream.write(data)
        return content_type

    def _failed(self, why: str, *, retryable: bool = True, expired: bool = False) -> AssetError:
        sentence = sentences.NOT_FETCHED % {"noun": self.kind.noun, "sentence": why}
        return FetchFailed(sentence, retryable=retryable, expired=expired)

    def _not_allowed(self, why: str) -> AssetError:
        return self._failed(why, retryable=False)


def _promised(response: httpx.Response) -> int:
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else 0


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    # Reading the certificates takes longer than fetching an image.
    return httpx.create_ssl_context()
