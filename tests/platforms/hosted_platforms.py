"""The vendors without jobs, each with its fake server: how to put one in the other's place, and ask."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_django.fixtures import Settings

from platforms import registry
from platforms.adapters import compatible
from platforms.base import Call, MediaFile, Modality, Model, Output
from tests.fake_servers.process import FakeServer

KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY")


@dataclass(frozen=True)
class HostedPlatform:
    """One vendor: its slug, where its address is set, and what that address ends in."""

    slug: str
    address: str = ""
    ending: str = ""
    needs_key: bool = True

    def put(self, url: str, settings: Settings) -> None:
        """Put whoever listens at `url` in the vendor's place."""
        settings.PLATFORM_URLS = {self.address: f"{url}{self.ending}"}

    def models(self) -> Iterator[Model]:
        yield from registry.get_platform(self.slug).models()

    def writer(self) -> Model:
        """One of its models from text to text."""
        return self.model(Modality.TEXT, Modality.TEXT)

    def model(self, source: Modality, target: Modality) -> Model:
        return next(
            one
            for one in self.models()
            if (one.input, one.output) == (source, target) and not one.deprecated
        )


class Servers(HostedPlatform):
    """Model servers have no address setting of the usual kind, and list what they offer."""

    def put(self, url: str, settings: Settings) -> None:
        settings.COMPATIBLE_SERVERS = {"box": f"{url}/v1"}
        compatible.look()


HOSTED = {
    hosted.slug: hosted
    for hosted in (
        HostedPlatform("openai", "OPENAI_BASE_URL", "/v1"),
        HostedPlatform("anthropic", "ANTHROPIC_BASE_URL"),
        HostedPlatform("gemini", "GEMINI_BASE_URL"),
        Servers("compatible", needs_key=False),
    )
}


@dataclass
class Asked:
    """One call to a vendor, with knobs for its fake server, and what came of the call's signals."""

    provider: FakeServer
    model: Model
    knobs: Mapping[str, object] = field(default_factory=dict)
    input: str | MediaFile = "a red disc"
    parameters: Mapping[str, object] = field(default_factory=dict)
    token: str = "sk-secret"
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    shown: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.call = Call(
            model=self.model,
            input=self.input,
            parameters={**self.model.defaults, **self.parameters},
            credentials=dict.fromkeys(KEYS, self.token),
            idempotency_key=self.key,
            on_progress=self.shown.append,
        )

    async def answer(self) -> Output:
        self.provider.control(next=[dict(self.knobs)])
        platform = registry.get_platform(self.model.platform)
        output = await platform.invoke(self.call)
        assert isinstance(output, Output)
        return output

    def entries(self, event: str) -> list[dict[str, Any]]:
        """What the fake server noted of this call."""
        return [line for line in self.provider.entries(event) if line["key"] == self.key]

    def request(self) -> dict[str, Any]:
        """The one request of this call, as the fake server saw it."""
        (line,) = self.entries("create")
        given = line["asked"]
        assert isinstance(given, dict)
        return given
