"""Operations from a shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from operations.command import run_command

from .clips import moving_sprite, write_clip


def test_clip_is_split_and_made_a_film_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", moving_sprite(6))
    chunks, film = tmp_path / "chunks", tmp_path / "film"

    assert run_command(["split", str(clip), "--to", str(chunks)]) == 0
    capsys.readouterr()
    made = [str(path) for path in sorted(chunks.iterdir())]
    assert run_command(["mux", *made, "--to", str(film), "--set", "preset=ultrafast"]) == 0

    said = capsys.readouterr()
    result = json.loads(said.out)
    assert (result["backend"], result["degraded"]) == ("x264", "")
    assert [one["frames"] for one in result["outputs"]] == [6]
    assert [Path(one["path"]) for one in result["outputs"]] == list(film.iterdir())
    assert "encode" in said.err


def test_what_cannot_be_used_is_a_sentence_and_a_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.mp4").write_text("Not a video at all.")

    assert run_command(["probe", str(tmp_path / "text.mp4"), "--to", str(tmp_path / "made")]) == 1

    assert "This is not a video: what came is a text." in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["fly", "a.mp4"], ["split"], ["split", "a.mp4", "--set", "x"]])
def test_wrong_arguments_are_explained(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run_command(wrong)

    assert ended.value.code == 2
    assert "usage: python -m operations" in capsys.readouterr().err
