"""The cast of the platform tests: a stand-in provider, and a call to make of it."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest
import pytest_asyncio
from pytest_django.fixtures import Settings

from platforms import pool, web
from platforms.adapters.replicate import Replicate
from platforms.base import Call, MediaFile, Modality, Model, Output
from tests.platforms.houses import HOUSES, House
from tests.standins.process import StandIn, standing_in

PAINTER = Model("replicate:test", "Test", Modality.TEXT, Modality.IMAGE, path="flux/test")
WRITER = replace(PAINTER, output=Modality.TEXT, path="llama/test")


@pytest.fixture(scope="session")
def provider_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    journal = tmp_path_factory.mktemp("provider") / "journal.jsonl"
    with standing_in("replicate", journal, "--seconds", "0") as provider:
        yield provider


@pytest_asyncio.fixture
async def provider(provider_process: StandIn, settings: Settings) -> AsyncIterator[StandIn]:
    """The stand-in Replicate, in the real one's place."""
    settings.PLATFORM_URLS = {"REPLICATE_BASE_URL": provider_process.url}
    yield provider_process
    await web.close()


@pytest.fixture(scope="session")
def vendor_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], StandIn]]:
    """The stand-in of a vendor without jobs, by its slug; each is started once."""
    started: dict[str, StandIn] = {}
    with contextlib.ExitStack() as closing:

        def process(slug: str) -> StandIn:
            if slug not in started:
                journal = tmp_path_factory.mktemp(slug) / "journal.jsonl"
                started[slug] = closing.enter_context(standing_in(slug, journal))
            return started[slug]

        yield process


@pytest_asyncio.fixture(params=HOUSES)
async def house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """Each vendor without jobs, one after the other."""
    yield HOUSES[request.param]


@pytest_asyncio.fixture
async def vendor(
    house: House, vendor_process: Callable[[str], StandIn], settings: Settings
) -> AsyncIterator[StandIn]:
    """The stand-in of `house`, in its place."""
    process = vendor_process(house.slug)
    house.put(process.url, settings)
    process.control(default={"seconds": 0, "base": process.url})
    yield process
    await pool.close()


@dataclass
class Asked:
    """One call to Replicate, with its knobs for the stand-in, and what came of its signals."""

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
            parameters={"standin": self.knobs},
            credentials={"REPLICATE_API_TOKEN": self.token},
            idempotency_key=self.key,
            reference=self.reference,
            on_reference=self._remember,
            on_progress=self.shown.append,
        )

    async def _remember(self, reference: str) -> None:
        self.remembered.append(reference)

    async def answer(self) -> Output:
        output = await Replicate().invoke(self.call)
        assert isinstance(output, Output)
        return output


@pytest.fixture(scope="session")
def comfy_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    journal = tmp_path_factory.mktemp("comfyui") / "journal.jsonl"
    with standing_in("comfyui", journal) as provider:
        yield provider


@pytest_asyncio.fixture
async def comfy(comfy_process: StandIn) -> AsyncIterator[StandIn]:
    """The stand-in ComfyUI with an empty queue."""
    fresh = {"seconds": 0.02, "error": "", "old": False, "socket": "", "poll_errors": []}
    comfy_process.control(default=fresh, next=[], restart=True)
    yield comfy_process
    await web.close()
