"""A picture that the operator's check refuses is a refusal: the network's policy decides what follows."""

from __future__ import annotations

from datetime import datetime

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from assets import screening
from assets.models import Asset
from invocations.engine import calls
from invocations.engine.claims import Claim
from invocations.models import Run
from networks.models import Network

from .conftest import ring
from .manual_worker import perform, start, take

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


async def kept_back(alice: User, at: datetime, threads: calls.CallThreads, policy: str) -> Run:
    """A run whose first picture a check objects to."""

    @sync_to_async
    def begin() -> tuple[Run, Claim]:
        slots = ring("dummy:text-to-image", "dummy:image-to-text")
        network = Network.create(alice, name="Hall", slots=slots, refusal_policy=policy)
        run = start(network, at)
        return run, take(run, at)

    run, claim = await begin()
    with screening.installed_temporarily(lambda shown: "There is a face in it."):
        await perform(claim, threads)
    await run.arefresh_from_db()
    return run


async def test_a_placeholder_takes_its_place(
    alice: User, at: datetime, threads: calls.CallThreads
) -> None:
    run = await kept_back(alice, at, threads, "substitute")

    step = await run.invocations.select_related("output_asset").aget(sequence=0)
    assert (step.state, step.substituted, step.error_code) == ("completed", True, "refused")
    assert "There is a face in it." in step.error_detail
    assert [asset.pk async for asset in Asset.objects.all()] == [step.output_asset_id]
    assert run.state == "running"


async def test_or_the_step_is_left_out(
    alice: User, at: datetime, threads: calls.CallThreads
) -> None:
    run = await kept_back(alice, at, threads, "skip")

    states = [step.state async for step in run.invocations.order_by("sequence")]
    assert (states, run.state) == (["failed", "ready"], "running")
    assert not await Asset.objects.aexists()


async def test_or_the_run_ends(alice: User, at: datetime, threads: calls.CallThreads) -> None:
    run = await kept_back(alice, at, threads, "stop")

    assert (run.state, run.reason) == ("failed", "refused")
    assert not await Asset.objects.aexists()
