"""The real weight files, where they have been fetched (`make weights`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from local_models.weights import WEIGHTS

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def weights(settings: Settings) -> dict[str, Path]:
    """The real weight files; skips the test where they have not been fetched."""
    for folder in (Path(settings.WEIGHTS_DIR), CHECKOUT / "var" / "weights"):
        settings.WEIGHTS_DIR = folder
        if all(weight.is_present(folder) for weight in WEIGHTS.values()):
            return {weight.name: weight.path(folder) for weight in WEIGHTS.values()}
    pytest.skip("weights missing: make weights")
