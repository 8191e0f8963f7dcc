"""A stand-in provider, and stacks whose Replicate it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.stack import Stack
from tests.standins.process import StandIn, standing_in


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[StandIn]:
    with standing_in("replicate", tmp_path / "journal.jsonl") as one:
        one.control(default={"seconds": 0.5})
        yield one


@pytest.fixture
def client(stack: Stack, provider: StandIn) -> Iterator[httpx.Client]:
    """An admin's client of a running stack whose Replicate is the stand-in.

    A test that wants other settings changes `stack` before it asks for this.
    """
    stack.environment |= {
        "REPLICATE_BASE_URL": provider.url,
        "REPLICATE_API_TOKEN": "stand-in",
    }
    token = stack.token(admin=True)
    stack.start()
    with stack.client(token) as one:
        yield one
