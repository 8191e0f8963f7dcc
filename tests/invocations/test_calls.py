"""A claimed step against real adapters: what each ending leaves behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from asgiref.sync import sync_to_async
from pytest_django.fixtures import Settings

from accounts.models import User
from invocations import runs
from invocations.engine import calls
from invocations.engine.claims import Claim
from invocations.models import Attempt, RateLimiter, Run
from invocations.states import Reason
from networks.models import Network
from platforms.base import Call, Modality, Model, Output, Platform
from platforms.registry import registered_temporarily

from .conftest import NOON, ring
from .manual_worker import last, perform, start, states, take

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]
PERSON = Reason.PERSON
A_PNG_CUT_SHORT = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000100000001008020000009091")


class Odd(Platform):
    """Gives whatever a test hands it, or raises it."""

    slug, label = "odd", "Odd"

    def __init__(self, answer: Output | Exception, output: Modality = Modality.TEXT) -> None:
        self.answer = answer
        self.model = Model("odd:one", "One", input=Modality.TEXT, output=output)

    def models(self) -> list[Model]:
        return [self.model]

    async def invoke(self, call: Call) -> Output:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Slow(Odd):
    """Gets a request ready while its run is stopped; then asks, if it may."""

    asked = False

    def __init__(self) -> None:
        super().__init__(Output(text="too late"))

    async def invoke(self, call: Call) -> Output:
        await sync_to_async(lambda: runs.stop_run(run=Run.objects.get(), reason=PERSON, at=NOON))()
        await call.begin()
        self.asked = True
        return await super().invoke(call)


async def turn(alice: User, at: datetime, threads: calls.CallThreads, platform: Platform) -> Run:
    """One try at the first step of a ring that begins with the odd model."""

    @sync_to_async
    def begin() -> tuple[Run, Claim]:
        back = {"image": ["dummy:image-to-text"]}.get(platform.models()[0].output, [])
        network = Network.create(alice, name="Odd", slots=ring("odd:one", *back))
        run = start(network, at)
        return run, take(run, at)

    with registered_temporarily(platform):
        run, claim = await begin()
        await perform(claim, threads)
    return run


def facts(run: Run) -> tuple[list[str], str, str]:
    step = run.invocations.get(sequence=0)
    return states(run), step.error_code, step.error_detail


async def test_a_damaged_picture_is_charged_and_not_asked_for_again(
    alice: User, at: datetime, threads: calls.CallThreads
) -> None:
    output = Output(data=A_PNG_CUT_SHORT, content_type="image/png", usd=0.25)
    platform = Odd(output, Modality.IMAGE)

    run = await turn(alice, at, threads, platform)

    found, code, detail = await sync_to_async(facts)(run)
    assert (found, code) == (["failed"], "unusable")
    assert "could not be kept" in detail
    attempt = await Attempt.objects.aget()
    assert (attempt.outcome, attempt.usd) == ("failed", 0.25)
    run = await Run.objects.aget()
    assert (run.state, run.usd) == ("failed", 0.25)


async def test_a_format_that_is_not_taken_is_named_and_not_asked_for_again(
    alice: User, at: datetime, threads: calls.CallThreads
) -> None:
    output = Output(data=b"\xff\x0a" + b"\x7f" * 90, content_type="image/jxl", usd=0.25)

    run = await turn(alice, at, threads, Odd(output, Modality.IMAGE))

    found, code, detail = await sync_to_async(facts)(run)
    assert (found, code) == (["failed"], "unusable")
    assert "JPEG XL came, which is not taken: an image may be PNG" in detail
    assert (await Attempt.objects.aget()).usd == 0.25  # of the one attempt there is


async def test_an_empty_text_is_no_output(
    alice: User, at: datetime, threads: calls.CallThreads
) -> None:
    run = await turn(alice, at, threads, Odd(Output(text=" \0 ")))

    assert await sync_to_async(facts)(run) == (
        ["failed"],
        "unusable",
        "The model gave an empty text.",
    )


async def test_a_text_is_freed_of_what_cannot_be_stored(
    alice: User, at: datetime, threads: calls.CallThreads
) -> None:
    run = await turn(alice, at, threads, Odd(Output(text=" a\0b\udcff ")))

    step = await run.invocations.aget(sequence=0)
    assert step.output_text == "ab"


async def test_an_adapters_mistake_is_logged_and_never_shown(
    alice: User, at: datetime, threads: calls.CallThreads, caplog: pytest.LogCaptureFixture
) -> None:
    run = await turn(alice, at, threads, Odd(ZeroDivisionError("secret detail")))

    _, code, detail = await sync_to_async(facts)(run)
    assert code == "unavailable"
    assert "secret" not in detail
    assert "ZeroDivisionError" in caplog.text


class Asked(Odd):
    """A platform that sends bills, and makes its mistake before or after it has asked."""

    key_settings = ("ODD_KEY",)

    def __init__(self, *, begins: bool) -> None:
        super().__init__(ZeroDivisionError())
        self.begins = begins

    async def invoke(self, call: Call) -> Output:
        if self.begins:
            await call.begin()
        return await super().invoke(call)


@pytest.mark.parametrize(
    ("begins", "outcome", "uncertain"), [(False, "failed", 0.0), (True, "uncertain", 0.25)]
)
async def test_an_adapters_mistake_may_have_been_charged_once_it_has_asked(
    alice: User,
    at: datetime,
    threads: calls.CallThreads,
    settings: Settings,
    begins: bool,
    outcome: str,
    uncertain: float,
) -> None:
    settings.PLATFORM_KEYS = {**settings.PLATFORM_KEYS, "ODD_KEY": "secret"}
    platform = Asked(begins=begins)
    platform.model = replace(platform.model, usd=0.25)
    alice.is_superuser = alice.is_staff = True
    await alice.asave()

    await turn(alice, at, threads, platform)

    attempt = await Attempt.objects.aget()
    assert (attempt.outcome, attempt.error_code) == (outcome, "unavailable")
    assert attempt.usd_uncertain == uncertain
    assert not await RateLimiter.objects.filter(failures__gt=0).aexists()


async def test_a_picture_is_archived_before_the_ring_turns(
    network: Network, at: datetime, threads: calls.CallThreads
) -> None:
    @sync_to_async
    def begin() -> Claim:
        network.slots = ring("dummy:text-to-image", "dummy:image-to-text")
        network.save()
        return take(start(network, at), at)

    claim = await begin()
    await perform(claim, threads)

    following = await sync_to_async(last)(claim.run)
    asset = await sync_to_async(lambda: following.input_asset)()
    assert asset is not None
    assert (asset.kind, asset.width > 0) == ("image", True)  # type: ignore[operator]


async def test_a_call_that_is_cancelled_before_it_begins_asks_nobody(
    network: Network, at: datetime, threads: calls.CallThreads
) -> None:
    claim = await sync_to_async(lambda: take(start(network, at), at))()

    await perform(claim, threads, cancelled=True)

    assert await Attempt.objects.filter(outcome="cancelled").acount() == 1


async def test_no_request_leaves_after_a_stop_whose_signal_was_not_heard(
    alice: User, at: datetime, threads: calls.CallThreads
) -> None:
    platform = Slow()

    run = await turn(alice, at, threads, platform)

    found, _, _ = await sync_to_async(facts)(run)
    assert (platform.asked, found) == (False, ["cancelled"])
    assert await Attempt.objects.filter(outcome="cancelled").acount() == 1
