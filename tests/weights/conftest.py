"""The real weight files, where they have been fetched (`make weights`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from pytest_django.fixtures import Settings

import operations.weights
from lib.weight_files import missing_weights
from local_models.sense_weights import EXTRA
from local_models.weights import WEIGHT_LIST
from operations.learned.rife import rife_missing
from operations.learned.waifu2x import waifu2x_missing
from platforms.local_catalogue import ENTRIES
from platforms.picture_taste import is_installed

CHECKOUT = Path(__file__).resolve().parents[2]


def weight_folders() -> list[Path]:
    """Where weights may have been fetched to."""
    return [Path(django_settings.WEIGHTS_DIR), CHECKOUT / "var" / "weights"]


def found_weights() -> Path:
    """The folder of the weights; skips the test where they have not been fetched."""
    for folder in weight_folders():
        if not missing_weights(folder, WEIGHT_LIST.wanted(())):
            return folder
    pytest.skip("weights missing: make weights")


def found_local_extra() -> Path | None:
    """The folder of all weights of local models, where the senses have been installed."""
    senses = [entry for entry in ENTRIES if entry.extra == EXTRA]
    for folder in weight_folders():
        with override_settings(WEIGHTS_DIR=folder):
            if all(entry.availability().available for entry in senses) and is_installed():
                return folder
    return None


@pytest.fixture
def weights(settings: Settings) -> dict[str, Path]:
    """The real weight files; skips the test where they have not been fetched."""
    settings.WEIGHTS_DIR = folder = found_weights()
    return {weight.name: weight.path(folder) for weight in WEIGHT_LIST.wanted(())}


@pytest.fixture
def films_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The learned operations, where they have been installed; skips the test where they have not."""
    for folder in weight_folders():
        monkeypatch.setenv(operations.weights.FOLDER_VARIABLE, str(folder))
        if not rife_missing({}) and not waifu2x_missing({}):
            return
    pytest.skip("learned operations missing: make setup EXTRAS=films")


@pytest.fixture(scope="module")
def found_senses() -> Path:
    """The folder of all weights of local models, where the senses have been installed; skips otherwise."""
    if (folder := found_local_extra()) is None:
        pytest.skip("local senses missing: make setup EXTRAS=local")
    return folder


@pytest.fixture
def local_extra(settings: Settings, found_senses: Path) -> Path:
    """As `found_senses`, and the settings know it."""
    settings.WEIGHTS_DIR = found_senses
    return found_senses
