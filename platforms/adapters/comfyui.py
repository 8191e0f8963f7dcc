"""ComfyUI on the operator's network: a workflow that an admin uploaded is a model.

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

from platforms import model_lists, sentences, servers
from platforms.base import JSON, Availability, Call, Model, Output, Pending, Platform
from platforms.comfy import history
from platforms.comfy.prompt import POLL, Prompt
from platforms.errors import Cancelled, NotConfigured, TimedOut
from platforms.payloads import find
from platforms.registry import register

LARGEST_FRAME = 32_000_000  # bytes; previews come through the socket, and are not looked at


@register
class ComfyUI(Platform):
    """Workflows on ComfyUI servers."""

    slug: ClassVar[str] = "comfyui"
    label: ClassVar[str] = "ComfyUI"

    def models(self) -> Sequence[Model]:
        return [flow.model for flow in servers.known().workflows.values()]

    def availability(self, model: Model, credentials: Mapping[str, str]) -> Availability:
        try:
            flow, _ = servers.workflow_of_model(model)
            trouble = servers.comfyui_server(flow.server, model.name).trouble()
        except NotConfigured as error:
            return Availability(False, str(error))
        return Availability(not trouble, trouble)

    async def invoke(self, call: Call) -> Output | Pending:
        if call.cancelled.is_set() and not call.reference:
            raise Cancelled
        prompt = Prompt(call, *servers.workflow_of_model(call.model))
        listening = asyncio.ensure_future(_listen(prompt))
        try:
            async with asyncio.timeout(call.model.deadline_seconds):
                if not await prompt.is_there():
                    await prompt.put()
                return history.outcome(await prompt.followed(), prompt.workflow, prompt.address)
        except TimeoutError:
            words = {"provider": "ComfyUI", "seconds": f"{call.model.deadline_seconds:g}"}
            late = TimedOut(sentences.TOOK_LONGER % words)
            if call.reference and await prompt.cancel() == "cancelled":
                late.as_settled()
            raise late from None
        finally:
            listening.cancel()
            await asyncio.wait({listening})

    def listing(self, address: str, key: str) -> Sequence[JSON]:
        stats = model_lists.fetch(f"{address}/system_stats")
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
                        prompt.hear(
                            history.read_message(message, prompt.prompt_id, prompt.workflow)
                        )
        await asyncio.sleep(POLL)
