"""An upload goes on where it was after the web process was killed, and the queue looks at the clip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from tests.operations.clips import moving_sprite, write_clip
from tests.stack import Stack

BYTES = "application/offset+octet-stream"


def test_upload_outlives_the_web_process(stack: Stack, tmp_path: Path) -> None:
    data = write_clip(tmp_path / "sprite.mp4", moving_sprite(30)).read_bytes()
    half = len(data) // 2
    stack.start()

    with stack.client(stack.token()) as client:
        body = {"bytes": len(data), "name": "sprite.mp4"}
        url = client.post("/api/v1/uploads", json=body).raise_for_status().json()["url"]
        _add(client, url, data[:half], 0)
        stack.kill("web")
        offset = stack.wait_until(lambda: _offset(client, url), 60, "the web process")
        _add(client, url, data[half:], half)
        found = stack.wait_until(lambda: _checked(client, url), 120, "the look at the clip")

    assert offset == half
    assert (found["state"], found["facts"]["frames"]) == ("ready", 30)


def _add(client: httpx.Client, url: str, data: bytes, offset: int) -> None:
    headers = {"Upload-Offset": str(offset), "Content-Type": BYTES}
    client.patch(url, content=data, headers=headers).raise_for_status()


def _offset(client: httpx.Client, url: str) -> int:
    try:
        return int(client.head(url).headers.get("Upload-Offset", 0))
    except httpx.TransportError:
        return 0


def _checked(client: httpx.Client, url: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(url).raise_for_status().json()
    return found if found["state"] in ("ready", "refused") else {}
