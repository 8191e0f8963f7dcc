"""Operations in processes of their own: fallbacks, and what is left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from operations.backend_process import OperationLimits
from operations.contract import OperationResult
from operations.errors import BadInput, BadParameters, NoBackend, OperationCancelled, OperationError
from operations.runner import DEFAULT_LIMITS, run

from .clips import tone, write_wav
from .fake_kinds import OPERATION

QUICK = OperationLimits(stall_seconds=1.5)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "sound.wav", tone(0.1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "made"


def go(how: str, sound: Path, folder: Path, **given: Any) -> OperationResult:
    limits = QUICK if how == "fall_silent" else DEFAULT_LIMITS
    return run(OPERATION, [sound], {"how": how, **given}, folder, limits=limits)


def test_what_was_asked_for_is_not_degraded(sound: Path, folder: Path) -> None:
    result = go("copy", sound, folder)

    assert (result.backend, result.degraded) == ("copy", "")
    assert [one.path for one in result.outputs] == [folder / "sound.wav"]
    assert sorted(folder.iterdir()) == [folder / "sound.wav"]
    assert result.details["nice"] == 19
    assert 5 < result.details["peak_mb"] < 500


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ("fall_silent", "stalled", "no sign of life for 1.5 seconds"),
        ("eat", "out_of_memory", "needs more memory"),
        ("crash", "backend_failed", "SIGABRT"),
        ("fail", "backend_failed", "no such luck"),
        ("lie", "backend_failed", "cannot be read back"),
        ("gone", "missing", "weights are not installed"),
    ],
)
def test_next_backend_takes_over_and_the_result_says_so(
    how: str, error: str, words: str, sound: Path, folder: Path
) -> None:
    result = go(how, sound, folder)

    assert result.backend == "copy"
    assert words in result.degraded
    (failure,) = result.details["failed_backends"]
    assert (failure["backend"], failure["error"]) == (how, error)
    assert sorted(folder.iterdir()) == [folder / "sound.wav"]


def test_last_backend_that_fails_ends_it(sound: Path, folder: Path) -> None:
    with pytest.raises(NoBackend, match="no such luck"):
        go("fail", sound, folder, has_fallback=False)

    assert not list(folder.iterdir())


def test_no_backend_is_asked_for_a_file_that_one_refused(sound: Path, folder: Path) -> None:
    with pytest.raises(BadInput, match=r"This cannot be used\."):
        go("refuse", sound, folder)

    assert not list(folder.iterdir())


def test_cancelled_backend_is_ended_and_leaves_nothing(sound: Path, folder: Path) -> None:
    phases: list[str] = []

    with pytest.raises(OperationCancelled):
        run(
            OPERATION,
            [sound],
            {"how": "fall_silent"},
            folder,
            lambda _, phase: phases.append(phase),
            lambda: bool(phases),
        )

    assert phases == ["silent"]
    assert not list(folder.iterdir())


def test_output_of_an_earlier_try_is_never_counted(sound: Path, folder: Path) -> None:
    earlier = folder / ".try-killed"
    earlier.mkdir(parents=True)
    (earlier / "sound.wav").write_text("of a process that was killed")
    (folder / "sound.wav").write_text("of another run")
    (folder / "chunk-000001.mkv").write_text("of another run")

    result = go("copy", sound, folder)

    assert [one.path for one in result.outputs] == [folder / "sound.wav"]
    assert result.outputs[0].path.read_bytes() == sound.read_bytes()
    assert not earlier.exists()


@pytest.mark.parametrize(
    ("inputs", "parameters", "words"),
    [
        (1, {"speed": 3}, "no parameter speed"),
        (1, {"how": 3}, "must be a text"),
        (1, {"has_fallback": "yes"}, "must be true or false"),
        (0, {}, "takes 1 file"),
        (2, {}, "takes 1 file"),
    ],
)
def test_wrong_request_is_refused_before_anything_begins(
    inputs: int, parameters: dict[str, Any], words: str, sound: Path, folder: Path
) -> None:
    with pytest.raises(BadParameters, match=words):
        run(OPERATION, [sound] * inputs, parameters, folder)

    assert not folder.exists()


def test_file_that_is_not_there_is_said_to_be_so(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(OperationError, match=r"gone\.wav is not there"):
        run(OPERATION, [tmp_path / "gone.wav"], {}, folder)


def test_unknown_operation_is_refused(sound: Path, folder: Path) -> None:
    with pytest.raises(BadParameters, match="no operation transmogrify"):
        run("transmogrify", [sound], {}, folder)
