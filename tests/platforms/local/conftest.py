"""A model host with pretend models, in this process; and the real weights, where they are."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from platforms import registry
from platforms.base import Call, MediaFile, Output
from platforms.local import listen
from platforms.local.host import Host, Maker
from platforms.local.weights import WEIGHTS

Hosting = Callable[[Mapping[str, Maker]], AbstractAsyncContextManager[Host]]
CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def run_dir(settings: Settings) -> Iterator[Path]:
    """Short enough for a socket, and nobody else's."""
    folder = Path(tempfile.mkdtemp(prefix="run-"))
    settings.RUN_DIR = folder
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def hosting(run_dir: Path) -> Hosting:
    @asynccontextmanager
    async def host_of(makers: Mapping[str, Maker]) -> AsyncIterator[Host]:
        host = Host(lane_of=_lane_of(makers), load=makers.__getitem__)
        serving = asyncio.create_task(host.serve(listen()))
        await asyncio.sleep(0)
        yield host
        host.stop()
        await serving

    return host_of


@pytest.fixture
def weights(settings: Settings) -> dict[str, Path]:
    """The real weight files; skips the test where they have not been fetched."""
    for folder in (Path(settings.WEIGHTS_DIR), CHECKOUT / "var" / "weights"):
        settings.WEIGHTS_DIR = folder
        if all(weight.present() for weight in WEIGHTS.values()):
            return {weight.name: weight.path for weight in WEIGHTS.values()}
    pytest.skip("weights missing: make weights")


def call_of(
    model_id: str, given: str | MediaFile = "a red disc", *, key: str = "key", **parameters: object
) -> Call:
    model = registry.get_model(model_id)
    return Call(model, given, parameters, {}, idempotency_key=key)


async def ask(call: Call) -> Output:
    output = await registry.get_platform("local").invoke(call)
    assert isinstance(output, Output)
    return output


def _lane_of(makers: Mapping[str, Maker]) -> Callable[[str], str]:
    def lane_of(model_id: str) -> str:
        makers[model_id]
        return model_id

    return lane_of
