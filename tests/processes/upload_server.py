"""A web process that hashes what it is sent: `daphne tests.processes.upload_server:application`."""

from __future__ import annotations

import hashlib
import json
import resource
from typing import Any

from daphne import http_protocol

from assets.backpressure import Backpressure, StreamedBodyRequest


async def digest(scope: dict[str, Any], receive: Any, send: Any) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = hashlib.sha256()
    more = True
    while more:
        message = await receive()
        found.update(message["body"])
        more = message["more_body"]
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    body = json.dumps({"sha256": found.hexdigest(), "grown_kb": grown, "peak_kb": before + grown})
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body.encode(), "more_body": False})


http_protocol.WebRequest = StreamedBodyRequest
application = Backpressure(digest)
