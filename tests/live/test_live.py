"""Real providers with real keys: a free question to each, and the cheapest call there is.

Opt in with `make test-live` and the keys in the environment or in `.env`; it costs a few cents at
most. A platform without a key is skipped, and says so.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from django.conf import settings

from platforms import http, http_pool, registry
from platforms.base import Call, Modality, Model, Output, Platform

PLATFORMS = [platform for platform in registry.all_platforms() if platform.key_settings]
ANSWERS_WITHIN = 300.0  # seconds; a cold model takes its time

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.skipif(
        os.environ.get("PANIC_TEST_LIVE") != "1", reason="asks real providers: make test-live"
    ),
]


@pytest_asyncio.fixture(params=PLATFORMS, ids=lambda platform: platform.slug)
async def platform(request: pytest.FixtureRequest) -> AsyncIterator[Platform]:
    """Each platform whose key is there."""
    one: Platform = request.param
    for name in one.key_settings:
        if not settings.PLATFORM_KEYS.get(name):
            pytest.skip(f"{name} is not set")
    yield one
    await http.close()
    await http_pool.close()


def cheapest(platform: Platform) -> Model:
    """The one that turns words into words (else into anything) for least; where no price is known,
    the quickest."""
    models = [one for one in platform.models() if not one.deprecated and one.input == Modality.TEXT]
    writers = [model for model in models if model.output is Modality.TEXT]
    unknown = float("inf")
    return min(
        writers or models,
        key=lambda one: (unknown if one.usd is None else one.usd, one.seconds or unknown),
    )


async def test_the_key_is_taken(platform: Platform) -> None:
    await platform.check(settings.PLATFORM_KEYS)


async def test_the_cheapest_model_answers(platform: Platform) -> None:
    model = cheapest(platform)
    remembered: list[str] = []

    async def remember(reference: str) -> None:
        remembered.append(reference)

    call = Call(
        model=model,
        input="Say the word lamp.",
        parameters=dict(model.defaults),
        credentials=settings.PLATFORM_KEYS,
        idempotency_key=uuid.uuid4().hex,
        on_reference=remember,
    )

    output = await asyncio.wait_for(platform.invoke(call), ANSWERS_WITHIN)

    assert isinstance(output, Output)
    assert output.text or output.url or output.data
    cost = "unknown" if output.usd is None else f"{output.usd:.6f} dollars"
    print(f"{model.id}: {cost} {remembered}")  # noqa: T201
