"""What the fake servers of vendors without jobs share: manners, a journal, one charge per answer.

A subclass speaks its vendor's wire format; `running_server("<module>", journal)` runs it in a process
of its own. How it behaves is decided by POST /_control: `next`, a queue of knobs for the coming
requests, `default`, for the others, and `reset`, which forgets both and sets `default` anew:

    seconds   of silence before the answer               refusal  declines, in the manner named
    error     a status, or hang drip drop garbage html   output   none, or what the vendor's module
              empty huge: instead of an answer                    says
    lost      true: charged all the same                 retry_after  of the 429
    detail, code   what an error says
    together  nobody is answered before so many requests are there
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, TextIO

from tests.fake_servers.http_server import Request, Response, answer, outlive_nobody, serve

Knobs = dict[str, Any]


class Vendor(ABC):
    """Everything it knows dies with it; the journal stays."""

    key_header: ClassVar[str] = "authorization"
    key_prefix: ClassVar[str] = "Bearer "

    def __init__(self, journal: TextIO, seconds: float) -> None:
        self.journal = journal
        self.default: Knobs = {"seconds": seconds}
        self.next: list[Knobs] = []
        self.number = 0
        self.waiting = 0  # requests that came since the default was set

    @abstractmethod
    def make(self, request: Request, path: str, knobs: Knobs) -> Response | None:
        """The answer to a paid request; None where there is no such address."""

    @abstractmethod
    def problem(self, status: int, detail: str, code: str) -> dict[str, object]:
        """The vendor's JSON for an error."""

    def free(self, request: Request, path: str) -> Response | None:
        """The answer to a request that costs nothing, such as a list of models."""
        return None

    def listing(self, path: str) -> dict[str, object] | None:
        """The vendor's JSON of what it offers, of `self.default["offers"]`: facts by name."""
        return None

    def offered(self, request: Request, content: dict[str, object]) -> Response:
        token = request.headers.get(self.key_header, "").removeprefix(self.key_prefix)
        self.note("listed", path=request.path)
        if error := self.default.get("listing_error"):
            return self.failure(str(error), self.default)
        if not token or token == "wrong":
            return answer(self.problem(401, "Incorrect API key provided.", "invalid_api_key"), 401)
        return answer(content)

    def offers(self) -> dict[str, dict[str, object]]:
        found: dict[str, dict[str, object]] = self.default.get("offers", {})
        return found

    def note(self, event: str, **facts: object) -> None:
        line = {"at": round(time.time() * 1000), "event": event, **facts}
        self.journal.write(json.dumps(line) + "\n")
        self.journal.flush()

    async def handle(self, request: Request) -> Response:
        path = request.path.partition("?")[0]
        if path == "/_control":
            return self.control(request.json())
        if (found := self.free(request, path)) is not None:
            return found
        if request.method == "GET" and (offered := self.listing(path)) is not None:
            return self.offered(request, offered)
        key = request.headers.get("idempotency-key", "")
        queued = self.next.pop(0) if self.next else {}
        knobs = {**self.default, **queued}
        facts = {"error": knobs.get("error"), "path": path, "asked": abridged(request)}
        self.note("create", key=key, length=len(request.body), **facts)
        token = request.headers.get(self.key_header, "").removeprefix(self.key_prefix)
        if not token or token == "wrong":
            return answer(self.problem(401, "Incorrect API key provided.", "invalid_api_key"), 401)
        return await self.served(request, path, key, knobs)

    async def served(self, request: Request, path: str, key: str, knobs: Knobs) -> Response:
        self.waiting += 1
        while self.waiting < int(knobs.get("together", 0)):
            await asyncio.sleep(0.01)
        made = None if knobs.get("error") else self.make(request, path, knobs)
        if made is None:
            made = self.failure(str(knobs.get("error") or "404"), knobs)
        if (made.status < 300 and not knobs.get("error")) or knobs.get("lost"):
            self.number += 1
            self.note("charge", key=key, path=path)
        made.hang = made.hang or float(knobs.get("seconds", 0))
        return made

    def control(self, content: Knobs) -> Response:
        if "reset" in content:
            self.default, self.next = dict(content["reset"]), []
        if "default" in content or "reset" in content:
            self.waiting = 0
        self.default |= content.get("default", {})
        self.next = [*content.get("next", self.next)]
        return answer({"default": self.default, "next": self.next})

    def failure(self, name: str, knobs: Knobs) -> Response:
        """One of the ways in which a vendor does not answer."""
        match name:
            case "hang":
                return Response(hang=3_600)
            case "drop":
                return Response(drop=True)
            case "drip":
                return Response(body=b'{"id": "' + b"x" * 100_000, drip=0.1)
            case "garbage":
                return Response(200, b'{"id": 7, "choices"')
            case "html":
                return Response(502, b"<html><h1>502 Bad Gateway</h1></html>", "text/html")
            case "empty":
                return answer({})
            case "huge":
                return Response(200, b" " * 1_000_000, repeat=40)
        detail = str(knobs.get("detail") or f"Fake error {name}")
        content = self.problem(int(name), detail, str(knobs.get("code", "fake_error")))
        wait = knobs.get("retry_after")
        return answer(content, int(name), **({} if wait is None else {"Retry_After": str(wait)}))


def abridged(request: Request) -> object:
    """What was asked, with long strings cut; the beginning of a body that is no JSON."""
    try:
        return shortened(json.loads(request.body or b"{}"))
    except ValueError:
        return request.body[:2_000].decode(errors="replace")


def shortened(value: object) -> object:
    if isinstance(value, dict):
        return {name: shortened(part) for name, part in value.items()}
    if isinstance(value, list):
        return [shortened(part) for part in value]
    return value[:200] if isinstance(value, str) else value


async def _main(kind: type[Vendor]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--with-parent", action="store_true", help="end when the parent does")
    options = parser.parse_args()
    with options.journal.open("a") as journal:
        server, port = await serve(kind(journal, options.seconds).handle, options.port)
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        await (outlive_nobody() if options.with_parent else server.serve_forever())


def run_vendor(kind: type[Vendor]) -> None:
    """Run a vendor until it is killed, or until whoever started it is gone."""
    asyncio.run(_main(kind))
