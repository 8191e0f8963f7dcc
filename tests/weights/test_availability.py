"""The local models are available where their weights are."""

from __future__ import annotations

from pathlib import Path

from platforms.local_catalogue import ENTRIES


def test_a_model_with_its_weights_is_available(weights: dict[str, Path]) -> None:
    assert all(entry.availability().available for entry in ENTRIES if not entry.extra)


def test_a_sense_with_its_extra_is_available(local_extra: Path) -> None:
    assert all(entry.availability().available for entry in ENTRIES)
