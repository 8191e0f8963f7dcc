"""The real weight files, where they have been fetched (`make weights`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

import operations.weights
from lib.weight_files import missing_weights
from local_models.sense_weights import EXTRA
from local_models.weights import WEIGHT_LIST
from operations.learned.rife import rife_missing
from operations.learned.waifu2x import waifu2x_missing
from platforms.local_catalogue import ENTRIES

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def weights(settings: Settings) -> dict[str, Path]:
    """The real weight files; skips the test where they have not been fetched."""
    for folder in (Path(settings.WEIGHTS_DIR), CHECKOUT / "var" / "weights"):
        settings.WEIGHTS_DIR = folder
        wanted = WEIGHT_LIST.wanted(())
        if not missing_weights(folder, wanted):
            return {weight.name: weight.path(folder) for weight in wanted}
    pytest.skip("weights missing: make weights")


@pytest.fixture
def films_extra(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """The learned operations, where they have been installed; skips the test where they have not."""
    for folder in (Path(settings.WEIGHTS_DIR), CHECKOUT / "var" / "weights"):
        monkeypatch.setenv(operations.weights.FOLDER_VARIABLE, str(folder))
        if not rife_missing({}) and not waifu2x_missing({}):
            return
    pytest.skip("learned operations missing: make setup EXTRAS=films")


@pytest.fixture
def local_extra(settings: Settings) -> Path:
    """The folder of all weights of local models, where the senses have been installed; skips otherwise."""
    senses = [entry for entry in ENTRIES if entry.extra == EXTRA]
    for folder in (Path(settings.WEIGHTS_DIR), CHECKOUT / "var" / "weights"):
        settings.WEIGHTS_DIR = folder
        if all(entry.availability().available for entry in senses):
            return folder
    pytest.skip("local senses missing: make setup EXTRAS=local")
