from __future__ import annotations

from tests.networks.editor_client import path  # noqa: F401
