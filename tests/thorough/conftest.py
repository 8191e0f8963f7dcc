from __future__ import annotations

from tests.api.conftest import *  # noqa: F403  its fixtures
from tests.permissions.conftest import *  # noqa: F403  its fixtures
