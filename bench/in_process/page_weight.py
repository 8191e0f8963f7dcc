"""The scripts and styles that a page loads, in gzipped bytes."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from urllib.parse import urljoin

from django.http import HttpResponse
from django.test import Client

from . import timing

STATIC_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""")
STYLE_IMPORT = re.compile(r"""@import\s+(?:url\()?["']?([^"')\s;]+)""")


class Links(HTMLParser):
    """Scripts and styles of a page: addresses, and inline text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline = ""
        self._within = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        kinds = (found.get("rel") or "").split()
        loads = {"stylesheet", "modulepreload"} & set(kinds) or (
            "preload" in kinds and found.get("as") in ("script", "style")
        )
        if tag == "link" and loads and (address := found.get("href")):
            self.addresses.append(address)
        if tag == "script" and (address := found.get("src")):
            self.addresses.append(address)
        if worker := found.get("data-worker"):  # registered by a script
            self.addresses.append(worker)
        self._within = tag in ("script", "style") and not found.get("src")

    def handle_endtag(self, tag: str) -> None:
        self._within = False

    def handle_data(self, data: str) -> None:
        self.inline += data if self._within else ""


def weigh_page(path: str) -> dict[str, int]:
    """Bytes by address; imports count too, also late ones."""
    client = timing.admin_client()
    answer: HttpResponse = client.get(path)  # type: ignore[assignment]
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answers {answer.status_code}")
    links = Links(answer.content.decode())
    found: dict[str, int] = {}
    if links.inline.strip():
        found["in the page"] = len(gzip.compress(links.inline.encode()))
    waiting = [urljoin(path, address) for address in links.addresses]
    while waiting:
        if (address := waiting.pop()) not in found:
            found[address], imported = _loaded(client, address)
            waiting += [urljoin(address, one) for one in imported]
    return found


def _loaded(client: Client, address: str) -> tuple[int, list[str]]:
    """Transferred bytes, and the addresses that they import."""
    answer = client.get(address, headers={"accept-encoding": "gzip"})
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answers {answer.status_code}")
    body = b"".join(answer)
    packed = answer.headers.get("Content-Encoding") == "gzip"
    text = (gzip.decompress(body) if packed else body).decode()
    imports = STYLE_IMPORT if address.partition("?")[0].endswith(".css") else STATIC_IMPORT
    size = len(body) if packed else len(gzip.compress(body))
    return size, imports.findall(text)
