"""The product's operations on video, carried out by a worker."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from PIL import Image

from operations.chunks import read_header
from operations.errors import BadParameters, NoBackend, NoRoom, OperationError
from operations.registry import operations as all_operations
from panic_worker.failures import ErrorClass, WorkerError, WorkFailed, WorkStopped
from panic_worker.handlers import operations
from panic_worker.handlers.base import Work, WorkInput
from panic_worker.handlers.operations import OperationsHandler, OperationsSettings
from panic_worker.stopping import StopCause, StopSignal
from tests.operations.clips import moving_sprite, write_clip
from tests.worker.conftest import StartWorker
from tests.worker.farm_server import FarmServer


@pytest.fixture
def handler() -> OperationsHandler:
    return OperationsHandler(OperationsSettings())


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mkv", moving_sprite(6), codec="ffv1")


def work_on(file: Path, model: str, folder: Path, **parameters: object) -> Work:
    given = [WorkInput("video", path=file, content_type="video/x-matroska")]
    return Work(model, given, folder, parameters)


def test_a_clip_comes_back_as_chunks(
    handler: OperationsHandler, clip: Path, tmp_path: Path
) -> None:
    result = handler.run(work_on(clip, "split", tmp_path / "work", seconds=0.12))

    assert [read_header(one.path).number for one in result.files] == [0, 1]
    assert {one.content_type for one in result.files} == {"video/x-matroska"}
    assert json.loads(str(result.text))["frames"] == 6
    assert (result.backend, result.degraded) == ("split:ffmpeg", False)


def test_the_newest_picture_is_to_be_seen_while_a_chunk_is_made(
    handler: OperationsHandler, clip: Path, tmp_path: Path
) -> None:
    watched: list[Path] = []
    given = work_on(clip, "split", tmp_path / "work")

    handler.run(Work(given.model, given.inputs, given.folder, watch_preview=watched.append))

    with Image.open(watched[0]) as picture:
        assert (picture.format, picture.width > 0) == ("JPEG", True)


def test_a_weaker_way_is_told(handler: OperationsHandler, clip: Path, tmp_path: Path) -> None:
    chunk = handler.run(work_on(clip, "split", tmp_path / "split")).files[0].path
    lines: list[str] = []
    work = work_on(chunk, "upscale", tmp_path / "work", method="learned")

    result = handler.run(
        Work(work.model, work.inputs, work.folder, work.parameters, log=lines.append)
    )

    assert result.degraded is True
    assert "No weights" in lines[0]


def test_a_bad_file_is_a_permanent_failure_in_a_sentence(
    handler: OperationsHandler, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()

    with pytest.raises(WorkFailed, match="The file is empty") as failed:
        handler.run(work_on(empty, "probe", tmp_path / "work"))

    assert failed.value.error_class is ErrorClass.PERMANENT


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (BadParameters("There is no such parameter."), ErrorClass.PERMANENT),
        (NoBackend("Nobody could.", ["out_of_memory"]), ErrorClass.OUT_OF_MEMORY),
        (NoBackend("Nobody could.", ["stalled"]), ErrorClass.TEMPORARY),
        (NoRoom("There is no room."), ErrorClass.TEMPORARY),
    ],
)
def test_server_learns_of_which_class_a_failure_is(
    error: OperationError, expected: ErrorClass
) -> None:
    assert operations.class_of_error(error) is expected


def test_a_stop_ends_it(handler: OperationsHandler, clip: Path, tmp_path: Path) -> None:
    stop = StopSignal()
    stop.request(StopCause.CANCELLED, "stopped")
    work = work_on(clip, "split", tmp_path / "work")

    with pytest.raises(WorkStopped):
        handler.run(Work(work.model, work.inputs, work.folder, stop=stop))

    assert not list(work.folder.iterdir())


def test_files_of_the_machine_are_not_named_by_the_server(
    handler: OperationsHandler, clip: Path, tmp_path: Path
) -> None:
    chunk = handler.run(work_on(clip, "split", tmp_path / "split")).files[0].path

    captioned = handler.run(
        work_on(chunk, "caption", tmp_path / "work", text="A ring", fonts=["/etc"])
    )

    with pytest.raises(WorkFailed, match="no parameter path"):
        handler.run(work_on(chunk, "caption", tmp_path / "other", path="/etc"))
    assert json.loads(str(captioned.text))["lines"] == 1


def test_it_is_offered_with_its_section_alone(tmp_path: Path) -> None:
    (handler,) = operations.load({"stall_seconds": 30})
    handler.self_test(tmp_path)

    assert handler.offers() == []
    assert handler.operations() == sorted(all_operations())
    assert operations.load(None) == []


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"speed": 1}, "no setting speed"),
        ({"memory_bytes": 5}, "memory_bytes is a whole number"),
        ({"stall_seconds": "long"}, "stall_seconds is a number"),
        ({"fonts": "/fonts"}, "fonts is a list"),
    ],
)
def test_a_setting_that_is_wrong_is_named(section: dict[str, object], words: str) -> None:
    with pytest.raises(WorkerError, match=words):
        operations.load(section)


def test_a_worker_signs_on_with_operations_and_hands_in_all_their_files(
    farm: FarmServer, start: StartWorker, handler: OperationsHandler, clip: Path
) -> None:
    data = clip.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    farm.files[sha256] = data
    given = {
        "type": "video",
        "sha256": sha256,
        "url": f"/api/farm/v1/files/{sha256}",
        "bytes": len(data),
        "content_type": "video/x-matroska",
    }
    farm.offer("t1", "split", [given], {"seconds": 0.12}, kind="operation")
    farm.offer("t2", "split", [given], {}, kind="step")

    start(handler)

    farm.wait_for(lambda: {"t1", "t2"} <= set(farm.outcomes))
    assert farm.bodies("sign-on")[0]["operations"] == sorted(all_operations())
    assert farm.bodies("sign-on")[0]["offers"] == []
    outcome = farm.outcomes["t1"]
    assert outcome["outcome"] == "succeeded"
    assert [one["type"] for one in outcome["outputs"]] == ["video", "video", "text"]
    assert all(one["sha256"] in farm.blobs for one in outcome["outputs"][:2])
    assert farm.outcomes["t2"]["outcome"] == "unfit"
