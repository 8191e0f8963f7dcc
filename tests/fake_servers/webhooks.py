"""The webhooks of the fake Replicate: signed, and on request forged, repeated or out of order.

Written from the Standard Webhooks specification, apart from the product's own check.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
import uuid
from collections.abc import Callable

import httpx

SECRET = "whsec_c3RhbmQtaW4gc2VjcmV0IG9mIDI0IGJ5"
Note = Callable[..., None]


def signed(message: str, at: int, body: bytes, secret: str = SECRET) -> dict[str, str]:
    """The headers of one delivery."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message}.{at}.".encode() + body, "sha256").digest()
    return {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


class Receiver:
    """Where the webhooks of one prediction go; what came of each is put into the journal."""

    def __init__(self, address: str, prediction: str, note: Note) -> None:
        self.address, self.prediction, self.note = address, prediction, note

    async def send(
        self, event: str, content: object, *, times: int = 1, late: int = 0, secret: str = SECRET
    ) -> None:
        body, message = json.dumps(content).encode(), f"msg_{uuid.uuid4().hex}"
        headers = signed(message, int(time.time()) - late, body, secret)
        for _ in range(times):
            try:
                async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
                    answer = await client.post(self.address, content=body, headers=headers)
            except httpx.HTTPError as error:
                self.note("webhook", id=self.prediction, kind=event, answer=type(error).__name__)
            else:
                self.note("webhook", id=self.prediction, kind=event, answer=answer.status_code)


async def send_all(
    receiver: Receiver,
    shown: Callable[[], dict[str, object]],
    ended: Callable[[], bool],
    manners: str,
) -> None:
    """As Replicate does: when it starts and when it has ended; "badly": as a network may do it."""
    if manners == "badly":
        stranger = f"whsec_{base64.b64encode(b'somebody else').decode()}"
        claimed = {**shown(), "status": "succeeded", "output": "http://127.0.0.1:9/forged.png"}
        await receiver.send("forged", claimed, secret=stranger)
        await receiver.send("replayed", shown(), late=3_600)
        await receiver.send("reordered", {**shown(), "status": "succeeded"})
    else:
        await receiver.send("start", shown())
    while not ended():
        await asyncio.sleep(0.01)
    await receiver.send("completed", shown(), times=3 if manners == "badly" else 1)
    if manners == "badly":
        await receiver.send("reordered", {**shown(), "status": "starting"})
