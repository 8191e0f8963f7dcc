"""Where the host listens, and who may listen there."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from platforms.local import host_socket, listen
from platforms.local.address import LONGEST


def test_it_is_in_the_run_folder(run_dir: Path) -> None:
    assert host_socket() == run_dir / "modelhost.sock"


def test_a_run_folder_with_a_long_path_gets_a_short_private_one_instead(
    settings: Settings, tmp_path: Path
) -> None:
    settings.RUN_DIR = tmp_path / ("long" * 30)

    path = host_socket()

    assert len(os.fsencode(path)) <= LONGEST
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert host_socket() == path
    shutil.rmtree(path.parent)


def test_a_folder_that_others_may_open_is_refused(settings: Settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path / ("open" * 30)
    folder = host_socket().parent
    folder.chmod(0o755)

    with pytest.raises(PermissionError, match="only this user"):
        host_socket()
    shutil.rmtree(folder)


def test_only_this_user_may_connect() -> None:
    with listen():
        assert stat.S_IMODE(host_socket().stat().st_mode) == 0o600


def test_a_second_listener_is_refused_and_the_first_one_stays() -> None:
    with listen():
        with pytest.raises(OSError, match="in use"):
            listen()
        assert host_socket().exists()


def test_the_socket_of_a_dead_process_is_replaced() -> None:
    listen().close()
    assert host_socket().exists()

    with listen() as second:
        assert second.getsockname() == os.fspath(host_socket())
