"""Where the host listens, and who may listen there."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from local_models.address import MAX_SOCKET_PATH, host_socket, open_listener


def test_it_is_in_the_run_folder(run_dir: Path) -> None:
    assert host_socket(run_dir) == run_dir / "modelhost.sock"


def test_a_run_folder_with_a_long_path_gets_a_short_private_one_instead(tmp_path: Path) -> None:
    run_dir = tmp_path / ("long" * 30)

    path = host_socket(run_dir)

    assert len(os.fsencode(path)) <= MAX_SOCKET_PATH
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert host_socket(run_dir) == path
    shutil.rmtree(path.parent)


def test_a_folder_that_others_may_open_is_refused(tmp_path: Path) -> None:
    run_dir = tmp_path / ("open" * 30)
    folder = host_socket(run_dir).parent
    folder.chmod(0o755)

    with pytest.raises(PermissionError, match="only this user"):
        host_socket(run_dir)
    shutil.rmtree(folder)


def test_only_this_user_may_connect(run_dir: Path) -> None:
    with open_listener(run_dir):
        assert stat.S_IMODE(host_socket(run_dir).stat().st_mode) == 0o600


def test_a_second_listener_is_refused_and_the_first_one_stays(run_dir: Path) -> None:
    with open_listener(run_dir):
        with pytest.raises(OSError, match="in use"):
            open_listener(run_dir)
        assert host_socket(run_dir).exists()


def test_the_socket_of_a_dead_process_is_replaced(run_dir: Path) -> None:
    open_listener(run_dir).close()
    assert host_socket(run_dir).exists()

    with open_listener(run_dir) as second:
        assert second.getsockname() == os.fspath(host_socket(run_dir))
