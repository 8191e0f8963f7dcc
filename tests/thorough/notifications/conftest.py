from __future__ import annotations

from tests.notifications.conftest import *  # noqa: F403  its fixtures
