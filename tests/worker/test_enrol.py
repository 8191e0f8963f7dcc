"""`panic-worker enrol` and `test`, as somebody types them."""

from __future__ import annotations

import io
import json
import shutil
import socket
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from panic_worker.__main__ import main
from panic_worker.failures import WorkerError
from panic_worker.folder import WorkerFolder
from tests.worker.farm_server import SECRET, FarmServer


def test_an_enrolment_is_written_where_only_its_owner_can_read(
    farm: FarmServer, tmp_path: Path
) -> None:
    status = main(
        ["enrol", f"{farm.url}/", "good", "--name", "attic", "--data", str(tmp_path / "w")]
    )

    path = tmp_path / "w" / "enrolment.json"
    assert status == 0
    assert json.loads(path.read_text()) == {
        "server": farm.url,
        "id": "w1",
        "secret": SECRET,
        "name": "attic",
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert farm.bodies("enrol")[0]["name"] == "attic"


def test_an_enrolment_replaces_another_one_only_by_force(
    farm: FarmServer, folder: WorkerFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    session = folder.session()

    refused = main(["enrol", farm.url, "good", "--data", str(folder.path)])
    sentence = capsys.readouterr().err
    forced = main(
        ["enrol", farm.url, "good", "--name", "new", "--force", "--data", str(folder.path)]
    )

    assert (refused, forced) == (1, 0)
    assert "enrolled already, as attic" in sentence
    assert folder.enrolment().name == "new"
    assert folder.session() != session


def test_a_token_that_is_refused_is_explained(
    farm: FarmServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["enrol", farm.url, "old", "--data", str(tmp_path)])

    assert status == 1
    assert "it was used, has expired or was revoked" in capsys.readouterr().err
    assert not WorkerFolder(tmp_path).is_enrolled


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((404, {"detail": "Not Found"}), "no PANIC! with a farm"),
        ((422, {"detail": "The name is too long."}), "The name is too long."),
        ((503, {"detail": "Busy."}), "Busy."),
        ((201, {"hello": "world"}), "is no PANIC! server"),
        ((302, {}), "redirects to"),
    ],
)
def test_whatever_else_the_server_answers_is_explained(
    farm: FarmServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    answer: tuple[int, dict[str, str]],
    sentence: str,
) -> None:
    farm.script("enrol", *answer)

    status = main(["enrol", farm.url, "good", "--data", str(tmp_path)])

    assert status == 1
    assert sentence in capsys.readouterr().err


def test_a_server_that_is_not_there_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"

        status = main(["enrol", url, "good", "--data", str(tmp_path)])

    assert status == 1
    assert f"Nothing answers at {url}" in capsys.readouterr().err


def test_a_server_without_tls_is_explained(
    farm: FarmServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = farm.url.replace("http", "https")

    status = main(["enrol", url, "good", "--data", str(tmp_path)])

    assert status == 1
    assert "does not speak TLS" in capsys.readouterr().err


def test_an_address_without_a_scheme_is_wrong_usage(tmp_path: Path) -> None:
    assert main(["enrol", "wall.example", "good", "--data", str(tmp_path)]) == 2


def test_a_server_that_has_moved_is_named_when_the_worker_starts(
    farm: FarmServer, folder: WorkerFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolment = folder.enrolment()
    folder.save_enrolment(replace(enrolment, server="http://127.0.0.1:9"))
    farm.script("sign-on", 401)

    assert main(["run", "--server", farm.url, "--data", str(folder.path)]) == 3

    monkeypatch.setenv("PANIC_WORKER_SERVER", f"{farm.url}/")
    farm.script("sign-on", 401)
    assert main(["run", "--data", str(folder.path)]) == 3
    assert main(["run", "--server", "elsewhere", "--data", str(folder.path)]) == 2


def test_running_without_an_enrolment_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--data", str(tmp_path / "none")]) == 1
    assert "panic-worker enrol" in capsys.readouterr().err


def test_two_programs_do_not_share_a_folder(folder: WorkerFolder) -> None:
    with folder.locked(), pytest.raises(WorkerError, match="already runs"), folder.locked():
        pass


def test_the_self_test_needs_no_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands = tmp_path / "commands"
    commands.mkdir()
    (commands / "upper.toml").write_text(
        'name = "upper"\ntitle = "Upper case"\ninput = "text"\noutput = "text"\n'
        'program = ["tr", "a-z", "A-Z"]\nstdin = true\nstdout = true\n'
    )

    status = main(["test", "--data", str(tmp_path)])

    assert status == 0
    assert "farm:upper (text to text): Upper case" in capsys.readouterr().out


def test_the_self_test_names_a_program_that_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = tmp_path / "commands"
    commands.mkdir()
    (commands / "x.toml").write_text(
        'name = "x"\ninput = "text"\noutput = "text"\nprogram = ["no-such-program"]\n'
        "stdin = true\nstdout = true\n"
    )

    status = main(["test", "--data", str(tmp_path)])

    output = capsys.readouterr().out
    assert status == 1
    assert "There is no program no-such-program." in output
    assert "farm:x" not in output


def test_a_wrong_setting_is_named(folder: WorkerFolder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.config.write_text("slots = 0\n")

    assert main(["run", "--data", str(folder.path)]) == 1
    assert "slots is a whole number from 1 to 64" in capsys.readouterr().err


def test_a_new_secret_is_read_from_standard_input_and_the_rest_stays(
    folder: WorkerFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = folder.session()
    monkeypatch.setattr("sys.stdin", io.StringIO("a-new-secret\n"))

    status = main(["secret", "--data", str(folder.path)])

    enrolment = folder.enrolment()
    assert status == 0
    assert (enrolment.id, enrolment.secret) == ("w1", "a-new-secret")
    assert folder.session() == session


def test_a_new_secret_needs_an_enrolment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a-new-secret\n"))

    assert main(["secret", "--data", str(tmp_path / "none")]) == 1
    assert "No enrolment" in capsys.readouterr().err


def test_a_copy_of_the_folder_is_another_session(tmp_path: Path) -> None:
    first = WorkerFolder(tmp_path / "first")
    first.create()
    session = first.session()
    shutil.copytree(tmp_path / "first", tmp_path / "copy")

    copied = WorkerFolder(tmp_path / "copy").session()

    assert WorkerFolder(tmp_path / "copy").session() == copied != session
    assert first.session() == session


def test_a_session_of_an_earlier_version_is_kept(tmp_path: Path) -> None:
    (tmp_path / "session").write_text("as-it-was")

    assert WorkerFolder(tmp_path).session() == "as-it-was"
    assert WorkerFolder(tmp_path).session() == "as-it-was"


def test_programs_are_given_whole_paths_whatever_the_folder_was_called_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    assert WorkerFolder(Path("mine")).scratch.is_relative_to(tmp_path / "mine")
    assert WorkerFolder(Path("~/mine")).path == tmp_path / "home" / "mine"
