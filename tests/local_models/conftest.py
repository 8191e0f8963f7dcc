"""A model host with dummy models, in this process; and the real weights, where they are."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from local_models.address import open_listener
from local_models.host import ModelHost
from local_models.loaders import LocalModel
from platforms import registry
from platforms.base import Call, MediaFile, Output

Hosting = Callable[[Mapping[str, LocalModel]], AbstractAsyncContextManager[ModelHost]]
CHECKOUT = Path(__file__).resolve().parents[2]


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
    async def host_of(models: Mapping[str, LocalModel]) -> AsyncIterator[ModelHost]:
        host = ModelHost(
            thread_of_model=_thread_of_model(models),
            load=models.__getitem__,
            uses_more_than=lambda size: False,  # this process has the tests before in its memory
        )
        serving = asyncio.create_task(host.serve(open_listener(run_dir)))
        await asyncio.sleep(0)
        yield host
        host.stop()
        await serving

    return host_of


def call_of(
    model_id: str, given: str | MediaFile = "a red disc", *, key: str = "key", **parameters: object
) -> Call:
    model = registry.get_model(model_id)
    return Call(model, given, parameters, {}, idempotency_key=key)


async def ask(call: Call) -> Output:
    output = await registry.get_platform("local").invoke(call)
    assert isinstance(output, Output)
    return output


def _thread_of_model(models: Mapping[str, LocalModel]) -> Callable[[str], str]:
    def thread_of_model(model_id: str) -> str:
        models[model_id]
        return model_id

    return thread_of_model
