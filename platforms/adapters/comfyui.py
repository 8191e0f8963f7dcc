"""ComfyUI on the house's own network: a workflow that an admin uploaded is a model.

The prompt is in `platforms.comfy.prompt`; here are the platform and the socket that tells how far a
prompt is. The coroutine's own cancellation leaves the prompt to be adopted.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import ClassVar

from platforms import listed, servers
from platforms.base import JSON, Availability, Call, Model, Output, Pending, Platform
from platforms.comfy import history, news
from platforms.comfy.prompt import POLL, Prompt
from platforms.errors import Cancelled, NotConfigured, TimedOut
from platforms.registry import register
from platforms.shapes import find

LARGEST_FRAME = 32_000_000  # bytes; previews come through the socket, and are not looked at


@register
class ComfyUI(Platform):
    """Workflows on the house's own ComfyUI servers."""

    slug: ClassVar[str] = "comfyui"
    label: ClassVar[str] = "ComfyUI"

    def models(self) -> Sequence[Model]:
        return [flow.model for flow in servers.known().flows.values()]

    def availability(self, model: Model, credentials: Mapping[str, str]) -> Availability:
        try:
            flow, _ = servers.flow_of(model)
        except NotConfigured as error:
            return Availability(False, str(error))
        server = servers.known().servers.get(flow.server)
        if server is not None and (trouble := server.trouble()):
            return Availability(False, trouble)
        return Availability(True)

    async def invoke(self, call: Call) -> Output | Pending:
        if call.cancelled.is_set() and not call.reference:
            raise Cancelled
        prompt = Prompt(call, *servers.flow_of(call.model))
        listening = asyncio.ensure_future(_listen(prompt))
        try:
            async with asyncio.timeout(call.model.deadline_seconds):
                if not await prompt.is_there():
                    await prompt.put()
                return history.outcome(await prompt.followed(), prompt.workflow, prompt.address)
        except TimeoutError:
            late = TimedOut(f"ComfyUI took longer than {call.model.deadline_seconds:g} seconds.")
            if call.reference and await prompt.cancel() == "cancelled":
                late.as_settled()
            raise late from None
        finally:
            listening.cancel()
            await asyncio.wait({listening})

    def listing(self, address: str, key: str) -> Sequence[JSON]:
        stats = listed.fetch(f"{address}/system_stats")
        version = find(stats, "system", "comfyui_version")
        devices = find(stats, "devices")
        if not isinstance(devices, list):
            raise ValueError("no ComfyUI")
        named = [str(find(device, "name") or "a device") for device in devices[:8]]
        return [{"id": f"ComfyUI {version or ''}".strip()}, *({"id": name} for name in named)]


async def _listen(prompt: Prompt) -> None:
    """Progress, as long as the call lasts. Nothing depends on it."""
    if "websockets.asyncio.client" not in sys.modules:
        await asyncio.to_thread(importlib.import_module, "websockets.asyncio.client")
    from websockets.asyncio.client import connect
    from websockets.exceptions import WebSocketException

    url = f"ws{prompt.address.removeprefix('http')}/ws?clientId={prompt.client}"
    while True:
        with suppress(WebSocketException, OSError, TimeoutError):
            async with connect(
                url, proxy=None, max_size=LARGEST_FRAME, open_timeout=5, close_timeout=1
            ) as socket:
                async for message in socket:
                    if isinstance(message, str):
                        prompt.hear(news.read(message, prompt.prompt_id, prompt.workflow))
        await asyncio.sleep(POLL)
