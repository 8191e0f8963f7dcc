from __future__ import annotations

import pytest

from assets.deadlines import Deadline, extended_deadlines
from assets.errors import TooLarge


def test_deadlines_are_longer_within_the_block_alone() -> None:
    with extended_deadlines(1e9):
        Deadline(1e-9, "decode").check()

    with pytest.raises(TooLarge):
        Deadline(-1.0, "decode").check()
