"""Servers that an admin has added, in a data folder of the test's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from credentials import model_servers
from credentials.models import Server
from credentials.server_stamp import server_stamp


@pytest.fixture
def own_folder(tmp_path: Path, settings: Settings) -> None:
    """Nobody has added a server yet, and nothing is set."""
    settings.DATA_DIR = tmp_path
    settings.COMPATIBLE_SERVERS = {}
    settings.PLATFORM_KEYS = {}


def spread() -> None:
    """What a commit does: tests are one transaction that never ends."""
    stamp = server_stamp.path
    stamp.touch()
    moment = stamp.stat().st_mtime_ns + 1
    os.utime(stamp, ns=(moment, moment))


def box(**more: str) -> Server:
    row = {"kind": "compatible", "name": "The Box", "address": "http://10.0.0.2:11434/v1/"}
    made = model_servers.add_server(by=None, **{**row, **more})
    made.note_check([{"id": "llama3.2:3b", "sees": False}], "", at=timezone.now())
    spread()
    return made
