from __future__ import annotations

from tests.networks.desk import path  # noqa: F401
from tests.pages.cast import *  # noqa: F403
