"""A fake provider, and a call to make of it."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest
import pytest_asyncio
from pytest_django.fixtures import Settings

from platforms import http, http_pool, replicate_api
from platforms.adapters import comfyui, replicate
from platforms.adapters.replicate import Replicate
from platforms.base import Call, MediaFile, Modality, Model, Output
from platforms.comfy import class_answers
from platforms.comfy import prompt as comfy_prompt
from tests.fake_servers.process import FakeServer, running_server
from tests.platforms.hosted_platforms import HOSTED, HostedPlatform

PAINTER = Model("replicate:test", "Test", Modality.TEXT, Modality.IMAGE, path="flux/test")
WRITER = replace(PAINTER, output=Modality.TEXT, path="llama/test")


@pytest.fixture(autouse=True)
def short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (comfy_prompt, comfyui):
        monkeypatch.setattr(module, "POLL", 0.2)


@pytest.fixture(autouse=True)
def patient_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop is not given up because this machine is busy."""
    for module in (comfy_prompt, replicate):
        monkeypatch.setattr(module, "MAX_LANDING_SECONDS", 60)
        monkeypatch.setattr(module, "MAX_CANCEL_SECONDS", 60)


@pytest.fixture
def impatient_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop gives up a provider that does not confirm it after less than a second."""
    for module in (comfy_prompt, replicate):
        monkeypatch.setattr(module, "MAX_LANDING_SECONDS", 0.3)
        monkeypatch.setattr(module, "MAX_CANCEL_SECONDS", 0.4)


@pytest.fixture(scope="session")
def provider_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    journal = tmp_path_factory.mktemp("provider") / "journal.jsonl"
    with running_server("replicate", journal, "--seconds", "0") as provider:
        yield provider


@pytest_asyncio.fixture
async def provider(provider_process: FakeServer, settings: Settings) -> AsyncIterator[FakeServer]:
    """The fake server Replicate, in the real one's place."""
    settings.PLATFORM_URLS = {"REPLICATE_BASE_URL": provider_process.url}
    await replicate_api.prepare()  # its client takes a while to import, longer than short deadlines
    yield provider_process
    await http.close()


@pytest.fixture(scope="session")
def vendor_process(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], FakeServer]]:
    """The fake server of a vendor without jobs, by its slug; each is started once, and has none of the
    knobs of an earlier test."""
    started: dict[str, FakeServer] = {}
    with contextlib.ExitStack() as closing:

        def process(slug: str) -> FakeServer:
            if slug not in started:
                journal = tmp_path_factory.mktemp(slug) / "journal.jsonl"
                started[slug] = closing.enter_context(running_server(slug, journal))
            started[slug].reset(base=started[slug].url)
            return started[slug]

        yield process


@pytest_asyncio.fixture(params=HOSTED)
async def hosted(request: pytest.FixtureRequest) -> AsyncIterator[HostedPlatform]:
    """Each vendor without jobs, one after the other."""
    yield HOSTED[request.param]


@pytest_asyncio.fixture
async def vendor(
    hosted: HostedPlatform, vendor_process: Callable[[str], FakeServer], settings: Settings
) -> AsyncIterator[FakeServer]:
    """The fake server of `hosted`, in its place."""
    process = vendor_process(hosted.slug)
    hosted.put(process.url, settings)
    yield process
    await http_pool.close()


async def settled() -> None:
    """Everything in this loop that waits for nobody else has gone as far as it goes."""
    for _ in range(20):
        await asyncio.sleep(0)


@dataclass
class Asked:
    """One call to Replicate, with its knobs for the fake server, and what came of its signals."""

    knobs: dict[str, object] = field(default_factory=dict)
    model: Model = PAINTER
    input: str | MediaFile = "a red disc"
    reference: str = ""
    token: str = "r8_secret"
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    remembered: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.call = Call(
            model=self.model,
            input=self.input,
            parameters={"fake": self.knobs},
            credentials={"REPLICATE_API_TOKEN": self.token},
            idempotency_key=self.key,
            reference=self.reference,
            on_reference=self._remember,
            on_progress=self.shown.append,
        )

    async def _remember(self, reference: str) -> None:
        self.remembered.append(reference)

    async def charged(self, provider: FakeServer) -> None:
        """Waits until the request has arrived and the prediction was made."""
        while not any(line["key"] == self.key for line in provider.entries("charge")):
            await asyncio.sleep(0.01)

    async def answer(self) -> Output:
        output = await Replicate().invoke(self.call)
        assert isinstance(output, Output)
        return output


@pytest.fixture(scope="session")
def comfy_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    journal = tmp_path_factory.mktemp("comfyui") / "journal.jsonl"
    with running_server("comfyui", journal) as provider:
        yield provider


@pytest_asyncio.fixture
async def comfy(comfy_process: FakeServer) -> AsyncIterator[FakeServer]:
    """The fake server ComfyUI with an empty queue."""
    fresh = {"seconds": 0.02, "error": "", "old": False, "socket": "", "poll_errors": []}
    fresh["object_info"] = {}
    class_answers._kept.clear()
    comfy_process.control(default=fresh, next=[], restart=True)
    yield comfy_process
    await http.close()
