"""What one machine of several learns of the workers that speak to another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from farm import catalogue, stamp

from .conftest import SHOUT, WorkerProgram, enrolled

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def machine(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has not heard of any farm."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(stamp, "_followed", None)
    monkeypatch.setattr(catalogue, "_known", (None, 0.0, {}))


def look() -> bool:
    """Whether this machine has learned of something."""
    before = stamp.stamp.read()
    assert not stamp.follow(timezone.now())
    return stamp.stamp.read() != before


def test_without_a_farm_nothing_is_announced() -> None:
    assert not look()
    assert catalogue.known_models() == {}


def test_the_models_of_a_worker_that_enrolled_elsewhere_are_known(worker: WorkerProgram) -> None:
    assert catalogue.known_models() == {}

    assert look()

    assert "farm:shout" in catalogue.known_models()
    assert not look()


def test_a_change_that_another_machine_made_is_announced_once(
    worker: WorkerProgram, root: User
) -> None:
    look()

    enrolled(root, "Attic").sign_on(SHOUT)
    assert look()
    assert not look()
    worker.row.request("asleep", lazy=True)
    assert look()
    assert not look()
