"""The fake provider of a rehearsal, in a process of its own: a fake Replicate, scripted per run.

A script is a list of behaviours (tests/fake_servers/replicate.py) under a marker. The first new request
whose input carries `#marker` takes the first of them, and so on; later requests succeed. Outputs
carry markers on: a text contains them, and a picture made for a marker is known by its bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import binascii
import hashlib
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from tests.fake_servers import media
from tests.fake_servers.failures import Knobs
from tests.fake_servers.http_server import Request, Response, outlive_nobody, serve
from tests.fake_servers.replicate import Prediction, Replicate

MARKER = re.compile(r"#([a-z0-9]+(?:-[a-z0-9]+)*)")
SECONDS_PER_BYTE = 0.05  # a picture takes some seconds to arrive


class FakeProvider(Replicate):
    def __init__(self, journal: TextIO, seconds: float) -> None:
        super().__init__(journal, seconds)
        self.scripts: dict[str, list[Knobs]] = {}
        self.pictures: dict[str, str] = {}

    def control(self, content: Knobs) -> Response:
        self.scripts |= content.pop("scripts", {})
        return super().control(content)

    def create(self, request: Request, model: str) -> Response:
        content = request.json()
        given = dict(content.get("input") or {})  # type: ignore[call-overload]
        script = self.scripts.get(self.marker(given))
        if script and request.headers.get("idempotency-key", "") not in self.by_key:
            content["input"] = {**given, "fake": script.pop(0)}
            request = replace(request, body=json.dumps(content).encode())
        return super().create(request, model)

    def marker(self, given: Knobs) -> str:
        for value in map(str, given.values()):
            if value.startswith("data:"):
                if known := self.pictures.get(digest_of(value)):
                    return known
            elif found := MARKER.search(value):
                return found[1]
        return ""

    def output(self, made: Prediction) -> object:
        output, marker = super().output(made), self.marker(made.input)
        if isinstance(output, list) and not str(output[0]).startswith("http"):
            return [f"Answer {made.id[:8]}", f" #{marker}" if marker else ""]
        if marker:
            picture = hashlib.sha256(media.png(made.id)).hexdigest()
            self.pictures[picture] = marker
        return output

    def file(self, made: Prediction | None) -> Response:
        response = super().file(made)
        if made is not None and made.knobs.get("slow_file"):
            self.note("fetched", id=made.id)
            response.drip = SECONDS_PER_BYTE
        return response


def digest_of(uri: str) -> str:
    try:
        return hashlib.sha256(base64.b64decode(uri.partition(",")[2])).hexdigest()
    except binascii.Error:
        return ""


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--journal", type=Path, required=True)
    options = parser.parse_args()
    with options.journal.open("a") as journal:
        provider = FakeProvider(journal, 0.3)
        _, port = await serve(provider.handle, 0)
        provider.base = f"http://127.0.0.1:{port}"
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        await outlive_nobody()


if __name__ == "__main__":
    asyncio.run(main())
