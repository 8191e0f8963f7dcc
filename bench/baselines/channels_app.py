"""Fan-out as in Channels' documentation: a consumer in a group, `group_send`, Daphne.

`daphne bench.baselines.channels_app:application`; fed in process through `/publish`, without a log. The layer is
in memory: what a deployment without services has.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import django
from django.conf import settings

settings.configure(
    CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
    INSTALLED_APPS=["channels"],
)
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402  Django is set up
from channels.layers import get_channel_layer  # noqa: E402
from channels.routing import ProtocolTypeRouter  # noqa: E402

from .frames import publish_frames, welcome  # noqa: E402

GROUP = "wall"


class GroupConsumer(AsyncWebsocketConsumer):  # type: ignore[misc,unused-ignore]
    async def connect(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()
        await self.send(text_data=welcome())

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def publish(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])


async def _send(text: str) -> None:
    layer = get_channel_layer()
    assert layer is not None
    await layer.group_send(GROUP, {"type": "publish", "text": text})


async def _http(scope: dict[str, Any], receive: Any, send: Any) -> None:
    body = b"[]"
    if scope["path"] == "/publish":
        query = parse_qs(scope["query_string"].decode())
        body = json.dumps(await publish_frames(query, _send)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


application = ProtocolTypeRouter({"http": _http, "websocket": GroupConsumer.as_asgi()})
