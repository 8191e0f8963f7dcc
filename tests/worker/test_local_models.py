"""The product's own models, asked by a worker through the model host."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_models.loaders import MODEL_IDS
from panic_worker.failures import WorkerError, WorkFailed, WorkStopped
from panic_worker.handlers import local_models
from panic_worker.handlers.base import Work, WorkInput
from panic_worker.handlers.local_models import LocalModelsHandler
from panic_worker.model_host import ModelHostProcess
from panic_worker.stopping import StopCause, StopSignal
from platforms.local_catalogue import ENTRIES


@pytest.fixture
def handler(tmp_path: Path) -> Iterator[LocalModelsHandler]:
    found = LocalModelsHandler(tmp_path / "no weights", tmp_path / "host")
    yield found
    found.close()


def send(host: ModelHostProcess, number: signal.Signals) -> None:
    assert host.process is not None
    host.process.send_signal(number)


def asked(model: str, folder: Path, stop: StopSignal | None = None) -> Work:
    given = [WorkInput("text", text="a lighthouse at night")]
    return Work(model, given, folder, {"seed": 1}, key="k", stop=stop or StopSignal())


def test_it_knows_the_models_as_the_product_does() -> None:
    mine = {
        f"local:{entry.name}": (
            entry.title,
            entry.input,
            entry.output,
            entry.packages,
            entry.weights,
        )
        for entry in local_models.ENTRIES
    }
    theirs = {
        entry.model.id: (
            entry.model.name,
            entry.model.input,
            entry.model.output,
            entry.packages,
            entry.weights,
        )
        for entry in ENTRIES
    }

    assert mine == theirs
    assert set(mine) == set(MODEL_IDS)


def test_what_has_no_weights_is_not_offered(handler: LocalModelsHandler) -> None:
    names = {offer.name for offer in handler.offers()}

    assert {"oblique", "painter"} <= names
    assert "storyteller" not in names


def test_texts_and_pictures_come_from_the_host_which_is_started_again(
    handler: LocalModelsHandler, tmp_path: Path
) -> None:
    handler.self_test(tmp_path)
    text = handler.run(asked("oblique", tmp_path))
    host = handler.host
    send(host, signal.SIGKILL)
    assert host.thread is not None
    host.thread.join(60)
    picture = handler.run(asked("painter", tmp_path))

    assert text.text
    assert text.backend == "local:oblique"
    assert picture.path is not None
    assert picture.path.stat().st_size > 1000
    assert picture.content_type.startswith("image/")


def test_a_call_that_the_host_does_not_survive_is_a_failure(
    handler: LocalModelsHandler, tmp_path: Path
) -> None:
    """The host is stopped, so that the call waits in its queue until it is killed."""
    handler.self_test(tmp_path)
    host = handler.host
    send(host, signal.SIGSTOP)
    waiting = threading.Thread(target=_kill_once_called, args=(host,))
    waiting.start()

    with pytest.raises(WorkFailed, match="The model host ended"):
        handler.run(asked("oblique", tmp_path))

    waiting.join()


def _kill_once_called(host: ModelHostProcess) -> None:
    while not host.calls:
        threading.Event().wait(0.001)
    send(host, signal.SIGKILL)


def test_stopping_ends_a_call(handler: LocalModelsHandler, tmp_path: Path) -> None:
    handler.self_test(tmp_path)
    stop = StopSignal()
    stop.request(StopCause.CANCELLED, "stopped")

    with pytest.raises(WorkStopped):
        handler.run(asked("oblique", tmp_path, stop))


def test_it_is_offered_only_where_it_is_set_up(tmp_path: Path) -> None:
    assert local_models.load(None, tmp_path) == []
    with pytest.raises(WorkerError, match="no setting weight"):
        local_models.load({"weight": "x"}, tmp_path)
