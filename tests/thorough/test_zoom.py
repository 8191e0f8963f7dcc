"""The films of the zoom at their full size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from local_models.moving_pictures import zoom
from local_models.protocol import HostRequest


@pytest.mark.parametrize("seed", [2, 3])  # ways in which x264's usual rate control would differ
def test_a_large_picture_is_zoomed_the_same_way_each_time(tmp_path: Path, seed: int) -> None:
    mosaic = np.random.default_rng(3).integers(0, 255, (36, 64, 3), dtype=np.uint8)
    path = tmp_path / "mosaic.png"
    Image.fromarray(mosaic).resize((960, 540)).save(path)
    request = HostRequest("local:zoom", "", str(path), {"seconds": 4, "seed": seed}, key="0")

    films = {zoom(request).data for _ in range(6)}

    assert len(films) == 1
