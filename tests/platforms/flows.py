"""Workflows for tests, and a call to one of them."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from platforms import registry, servers
from platforms.base import Call, MediaFile, Modality, Model, Output
from platforms.comfy import workflow
from tests.fake_servers.process import FakeServer

GIVERS = {
    Modality.TEXT: "PreviewAny",
    Modality.IMAGE: "SaveImage",
    Modality.AUDIO: "SaveAudio",
    Modality.VIDEO: "SaveVideo",
}
LOADERS = {
    Modality.IMAGE: ("LoadImage", {"image": "example.png", "upload": "image"}),
    Modality.AUDIO: ("LoadAudio", {"audio": "example.wav"}),
    Modality.VIDEO: ("LoadVideo", {"file": "example.mp4"}),
    Modality.TEXT: ("CLIPTextEncode", {"text": "a cat", "clip": ["4", 1]}),
}


def exported(
    takes: Modality = Modality.TEXT, gives: Modality = Modality.IMAGE
) -> dict[str, dict[str, Any]]:
    """As ComfyUI's “Export (API)” writes it."""
    loader, inputs = LOADERS[takes]
    return {
        "3": {
            "class_type": "KSampler",
            "inputs": {
                "seed": 42,
                "steps": 20,
                "cfg": 8,
                "sampler_name": "euler",
                "model": ["4", 0],
                "positive": ["6", 0],
            },
            "_meta": {"title": "The sampler panic:cfg panic:steps"},
        },
        "4": {
            "class_type": "CheckpointLoaderSimple",
            "inputs": {"ckpt_name": "sd_xl.safetensors"},
            "_meta": {"title": "Load Checkpoint"},
        },
        "6": {"class_type": loader, "inputs": inputs, "_meta": {"title": "Words panic:input"}},
        "9": {
            "class_type": GIVERS[gives],
            "inputs": {"images": ["3", 0], "filename_prefix": "panic"},
            "_meta": {"title": "panic:output"},
        },
    }


def flow(
    takes: Modality = Modality.TEXT,
    gives: Modality = Modality.IMAGE,
    *,
    server: str = "rack",
    deadline_seconds: float = 60.0,
) -> servers.KnownWorkflow:
    found = workflow.read(json.loads(json.dumps(exported(takes, gives))))
    model = Model(
        id=f"comfyui:{takes}-to-{gives}",
        name=f"{takes} to {gives}",
        input=takes,
        output=gives,
        defaults=found.defaults,
        parameters=found.schema,
        deadline_seconds=deadline_seconds,
    )
    return servers.KnownWorkflow(model, found, server)


def known(address: str, *flows: servers.KnownWorkflow) -> servers.KnownServers:
    """One server with these workflows."""
    rack = servers.KnownServer("rack", "Rack", servers.ServerKind.COMFYUI, address)
    return servers.KnownServers({"rack": rack}, {one.model.id: one for one in flows})


@dataclass
class Asked:
    """One call to a workflow, with knobs for the fake server, and what came of the call's signals."""

    provider: FakeServer
    flow: servers.KnownWorkflow = field(default_factory=flow)
    knobs: Mapping[str, object] = field(default_factory=dict)
    input: str | MediaFile = "a red disc"
    parameters: Mapping[str, object] = field(default_factory=dict)
    reference: str = ""
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    remembered: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.call = Call(
            model=self.flow.model,
            input=self.input,
            parameters={**self.flow.model.defaults, **self.parameters},
            credentials={},
            idempotency_key=self.key,
            reference=self.reference,
            on_reference=self._remember,
            on_progress=self.shown.append,
        )

    @property
    def client(self) -> str:
        return f"panic-{uuid.uuid5(uuid.NAMESPACE_URL, self.key).hex}"

    async def _remember(self, reference: str) -> None:
        self.remembered.append(reference)

    async def answer(self) -> Output:
        if self.knobs:
            self.provider.control(next=[dict(self.knobs)])
        with servers.known_temporarily(known(self.provider.url, self.flow)):
            output = await registry.get_platform("comfyui").invoke(self.call)
        assert isinstance(output, Output)
        return output

    def entries(self, event: str) -> list[dict[str, Any]]:
        """What the fake server noted of this call."""
        return [one for one in self.provider.entries(event) if one.get("client") == self.client]

    async def charged(self) -> None:
        """Waits until the server has taken the prompt."""
        while not self.entries("charge"):
            await asyncio.sleep(0.01)

    async def running(self) -> None:
        """Waits until it is known that the server works on the prompt; which words come depends on whether
        its socket or its queue said so first."""
        while not any("sampler" in words or words == "running" for words in self.shown):
            await asyncio.sleep(0.01)

    def again(self) -> Asked:
        """The next try, by another worker."""
        return Asked(
            self.provider, self.flow, input=self.input, reference=self.remembered[-1], key=self.key
        )
