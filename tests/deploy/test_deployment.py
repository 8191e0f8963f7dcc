"""The descriptions of a deployment say what the product needs."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def fly() -> dict[str, Any]:
    return tomllib.loads((ROOT / "fly.toml").read_text())


@pytest.fixture
def image() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, continuation lines joined."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    pairs = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [(instruction, rest.strip()) for instruction, _, rest in pairs]


def test_one_machine_stays_up(fly: dict[str, Any]) -> None:
    service = fly["http_service"]

    assert service["auto_stop_machines"] == "off"
    assert service["min_machines_running"] == 1


def test_data_live_on_the_volume(fly: dict[str, Any]) -> None:
    mount = fly["mounts"]

    assert mount["destination"] == fly["env"]["PANIC_DATA_DIR"]


def test_the_machine_is_checked_and_given_time_to_drain(fly: dict[str, Any]) -> None:
    checks = fly["http_service"]["checks"]

    assert [check["path"] for check in checks] == ["/healthz"]
    assert fly["kill_signal"] == "SIGTERM"
    assert int(fly["kill_timeout"]) > 10


def test_port_and_process_agree(fly: dict[str, Any]) -> None:
    command = fly["processes"]["app"].split()

    assert fly["http_service"]["processes"] == ["app"]
    assert command[0] == "deploy/start"
    assert command[command.index("--port") + 1] == str(fly["http_service"]["internal_port"])
    assert fly["env"]["PANIC_PORT"] == str(fly["http_service"]["internal_port"])


def test_the_database_is_migrated_before_anything_is_served() -> None:
    lines = (ROOT / "deploy/start").read_text().splitlines()
    prepare = next(i for i, line in enumerate(lines) if "manage.py prepare" in line)
    serve = next(i for i, line in enumerate(lines) if "exec" in line and "manage.py up" in line)

    assert prepare < serve
    assert 'call_command("migrate"' in (ROOT / "panic/management/commands/prepare.py").read_text()


def test_the_image_is_set_up_like_a_laptop(image: list[tuple[str, str]]) -> None:
    runs = [rest for instruction, rest in image if instruction == "RUN"]

    assert image[0][0] == "FROM"
    assert any(run.startswith("make setup") for run in runs)
    assert not any("pip install" in run for run in runs), "make setup knows how"


def test_the_image_has_a_supported_python(image: list[tuple[str, str]]) -> None:
    match = re.match(r"python:3\.(\d+)", image[0][1])

    assert match is not None
    assert 11 <= int(match[1]) <= 13


def test_the_image_starts_what_exists(image: list[tuple[str, str]]) -> None:
    commands = [json.loads(rest) for instruction, rest in image if instruction == "CMD"]

    assert commands == [["deploy/start"]]
    assert os.access(ROOT / "deploy/start", os.X_OK)


def test_the_image_takes_no_data_and_no_secrets_along() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()

    assert {".git", ".venv", "var", ".env"} <= set(ignored)


@pytest.mark.parametrize(
    "script",
    [".ci/run", "deploy/start", "deploy/check", "deploy/kiosk/panic-kiosk", "deploy/kiosk/install"],
)
def test_scripts_stop_at_the_first_mistake(script: str) -> None:
    path = ROOT / script

    assert os.access(path, os.X_OK)
    assert re.search(r"^set -eu", path.read_text(), re.MULTILINE)
