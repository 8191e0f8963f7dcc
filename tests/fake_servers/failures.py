"""The ways in which a fake server Replicate does not answer, and what it says of its models."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from tests.fake_servers.http_server import Response, answer

Knobs = dict[str, Any]


def failure(kind: object, knobs: Knobs) -> Response:
    """One of the ways in which a provider does not answer."""
    name, detail = str(kind), knobs.get("detail")
    match name:
        case "hang":
            return Response(hang=3_600)
        case "drop":
            return Response(drop=True)
        case "drip":
            return Response(body=b'{"id": "' + b"x" * 100_000, drip=0.1)
        case "garbage":
            return Response(201, b'{"id": 7, "status"')
        case "502":
            page = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
            return Response(502, page, "text/html")
        case "429":
            wait = knobs.get("retry_after", 1)
            if wait == "date":
                wait = format_datetime(datetime.now(UTC), usegmt=True)
            said = {
                "title": "Request was throttled.",
                "detail": detail or "Slow down.",
                "status": 429,
            }
            return answer(said, 429, **({} if wait is None else {"Retry_After": str(wait)}))
    return answer({"detail": detail or f"Fake error {name}", "status": int(name)}, int(name))


def model_page(owner: str, name: str, knobs: Knobs) -> Response:
    """A model with its latest version and what that takes, as far as `published` tells."""
    told = knobs.get("published", {}).get(f"{owner}/{name}", {})
    if isinstance(told, int):
        return answer({"detail": "The requested resource is gone.", "status": told}, told)
    version: Knobs | None = {"id": f"latest-of-{owner}-{name}"}
    if told == "none":
        version = None
    elif told:
        schemas = {"Input": {"type": "object", **told}, "Output": {"type": "string"}}
        openapi = {"openapi": "3.0.2", "components": {"schemas": schemas}}
        version = {"id": f"latest-of-{owner}-{name}", "openapi_schema": openapi}
    official = owner not in {"community", "lucataco"} and version is not None
    page = {"owner": owner, "name": name, "is_official": official, "latest_version": version}
    return answer(page)
