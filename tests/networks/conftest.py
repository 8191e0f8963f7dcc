from __future__ import annotations

from tests.pages.cast import *  # noqa: F403
