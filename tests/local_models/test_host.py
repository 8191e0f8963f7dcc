"""The model host and the adapter that asks it, with dummy models."""

from __future__ import annotations

import asyncio
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from local_models.address import host_socket
from local_models.host import Admission, MemoryLimit, ModelHost, ModelThread
from local_models.loaders import LocalModel
from local_models.protocol import LENGTHS, HostReply, HostRequest, UnusableInput
from platforms import registry
from platforms.errors import Cancelled, NotConfigured, RateLimited, Refused, TimedOut, Unavailable

from .conftest import Hosting, ask, call_of

PAINTER, SYNTH = "local:painter", "local:synth"


def echo(request: HostRequest) -> HostReply:
    return HostReply(text=f"{request.text}!")


@pytest.mark.asyncio
async def test_words_go_in_and_words_come_out(hosting: Hosting) -> None:
    async with hosting({PAINTER: echo}):
        output = await ask(call_of(PAINTER, "hello"))

    assert output.text == "hello!"
    assert output.seconds
    assert 0 < output.seconds < 10
    assert output.usd == 0


@pytest.mark.asyncio
async def test_a_picture_comes_back_as_bytes_with_its_type(hosting: Hosting) -> None:
    picture = os.urandom(3_000_000)

    async with hosting({PAINTER: lambda _: HostReply(data=picture, content_type="image/png")}):
        output = await ask(call_of(PAINTER))

    assert output.data == picture
    assert output.content_type == "image/png"
    assert output.text is None


@pytest.mark.asyncio
async def test_the_model_is_given_the_parameters_and_the_key(hosting: Hosting) -> None:
    seen: list[HostRequest] = []

    def note(request: HostRequest) -> HostReply:
        seen.append(request)
        return HostReply(text="seen")

    async with hosting({PAINTER: note}):
        await ask(call_of(PAINTER, "words", key="abc", noise=0.5))

    assert seen == [HostRequest(PAINTER, text="words", parameters={"noise": 0.5}, key="abc")]


@pytest.mark.asyncio
async def test_calls_of_one_model_are_serial(hosting: Hosting) -> None:
    inside = threading.Lock()

    def alone(request: HostRequest) -> HostReply:
        assert inside.acquire(blocking=False)
        threading.Event().wait(0.01)
        inside.release()
        return HostReply(text="done")

    async with hosting({PAINTER: alone}):
        outputs = await asyncio.gather(*(ask(call_of(PAINTER)) for _ in range(5)))

    assert [output.text for output in outputs] == ["done"] * 5


@pytest.mark.asyncio
async def test_calls_of_two_models_run_side_by_side(hosting: Hosting) -> None:
    meeting = threading.Barrier(2, timeout=30)

    def meet(request: HostRequest) -> HostReply:
        meeting.wait()
        return HostReply(text="met")

    async with hosting({PAINTER: meet, SYNTH: meet}):
        outputs = await asyncio.gather(ask(call_of(PAINTER)), ask(call_of(SYNTH)))

    assert [output.text for output in outputs] == ["met", "met"]


@pytest.mark.asyncio
async def test_a_model_that_raises_fails_its_call_and_the_host_lives_on(hosting: Hosting) -> None:
    def stumble(request: HostRequest) -> HostReply:
        if request.text == "stumble":
            raise ZeroDivisionError
        return echo(request)

    async with hosting({PAINTER: stumble}):
        with pytest.raises(Unavailable, match="ZeroDivisionError"):
            await ask(call_of(PAINTER, "stumble"))
        output = await ask(call_of(PAINTER, "walk"))

    assert output.text == "walk!"


@pytest.mark.asyncio
async def test_an_input_the_model_cannot_use_is_refused_for_good(hosting: Hosting) -> None:
    def decline(request: HostRequest) -> HostReply:
        raise UnusableInput("There are no words to paint.")

    async with hosting({PAINTER: decline}):
        with pytest.raises(Refused, match="no words") as caught:
            await ask(call_of(PAINTER))

    assert caught.value.kind == "invalid"


@pytest.mark.asyncio
async def test_a_model_that_cannot_be_loaded_is_tried_again_at_the_next_call(
    hosting: Hosting,
) -> None:
    models = {PAINTER: echo}

    async with hosting(models) as host:
        loads = iter([OSError("disk"), echo])

        def load(model_id: str) -> object:
            found = next(loads)
            if isinstance(found, Exception):
                raise found
            return found

        host._load = load  # type: ignore[assignment]
        with pytest.raises(Unavailable, match="OSError"):
            await ask(call_of(PAINTER))
        output = await ask(call_of(PAINTER, "again"))

    assert output.text == "again!"


@pytest.mark.asyncio
async def test_a_model_the_host_does_not_know_is_not_configured(hosting: Hosting) -> None:
    async with hosting({SYNTH: echo}):
        with pytest.raises(NotConfigured, match="local:painter"):
            await ask(call_of(PAINTER))


@pytest.mark.asyncio
async def test_cancelling_ends_the_call_at_once_and_skips_it_where_it_still_waits(
    hosting: Hosting,
) -> None:
    going_on, reached = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    made: list[str] = []

    def slow(request: HostRequest) -> HostReply:
        made.append(request.text)
        loop.call_soon_threadsafe(reached.set)
        going_on.wait(30)
        return echo(request)

    async with hosting({PAINTER: slow}):
        first = asyncio.create_task(ask(call_of(PAINTER, "first")))
        await reached.wait()
        call = call_of(PAINTER, "second")
        second = asyncio.create_task(ask(call))
        await asyncio.sleep(0.02)
        call.cancelled.set()
        with pytest.raises(Cancelled):
            await second
        await asyncio.sleep(0.02)
        going_on.set()
        await first
        await ask(call_of(PAINTER, "third"))

    assert made == ["first", "third"]


@pytest.mark.asyncio
async def test_no_answer_within_the_deadline_is_a_time_out(hosting: Hosting) -> None:
    released = threading.Event()

    def slow(request: HostRequest) -> HostReply:
        released.wait(30)
        return echo(request)

    call = call_of(PAINTER)
    call.model = replace(call.model, deadline_seconds=0.05)
    async with hosting({PAINTER: slow}):
        with pytest.raises(TimedOut, match="Prompt painter"):
            await ask(call)
        released.set()


@pytest.mark.asyncio
async def test_a_thread_with_too_many_waiting_says_when_to_come_back(
    hosting: Hosting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local_models.host.MAX_QUEUE", 0)

    async with hosting({PAINTER: echo}):
        with pytest.raises(RateLimited) as caught:
            await ask(call_of(PAINTER))

    assert caught.value.retry_after


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "garbage",
    [b"GET / HTTP/1.1\r\n\r\n", LENGTHS.pack(3, 0) + b"{{{", LENGTHS.pack(2, 0) + b"[]", b"\0"],
    ids=["http", "no json", "no object", "cut short"],
)
async def test_garbage_on_the_socket_does_no_harm(
    hosting: Hosting, run_dir: Path, garbage: bytes
) -> None:
    async with hosting({PAINTER: echo}):
        reader, writer = await asyncio.open_unix_connection(host_socket(run_dir))
        writer.write(garbage)
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        output = await ask(call_of(PAINTER, "still here"))

    assert output.text == "still here!"


@pytest.mark.asyncio
async def test_without_a_host_the_model_is_unavailable_and_says_what_starts_it() -> None:
    with pytest.raises(Unavailable, match=r"manage\.py up"):
        await ask(call_of(PAINTER))


@pytest.mark.asyncio
async def test_a_host_that_stops_lets_the_running_call_finish(hosting: Hosting) -> None:
    reached, going_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slow(request: HostRequest) -> HostReply:
        loop.call_soon_threadsafe(reached.set)
        going_on.wait(30)
        return echo(request)

    async with hosting({PAINTER: slow}) as host:
        asking = asyncio.create_task(ask(call_of(PAINTER, "last")))
        await reached.wait()
        host.stop()
        going_on.set()
        output = await asking

    assert output.text == "last!"


def test_a_request_keeps_its_meaning_on_the_way() -> None:
    request = HostRequest("local:x", text="é", path="/a", parameters={"seed": 3}, key="k", number=2)

    assert HostRequest.from_header(request.header()) == request


@pytest.mark.asyncio
async def test_a_model_can_be_loaded_without_being_asked(hosting: Hosting) -> None:
    asked: list[str] = []

    def listening(request: HostRequest) -> HostReply:
        asked.append(request.text)
        return echo(request)

    async with hosting({PAINTER: listening}) as host:
        warmed = await registry.get_platform("local").warm(call_of(PAINTER))

        assert warmed.state == "warm"
        assert PAINTER in host._threads[PAINTER]._models
        assert not asked


@pytest.mark.asyncio
async def test_a_model_that_is_not_used_leaves_memory_until_it_is() -> None:
    loads: list[str] = []

    def load(model_id: str) -> LocalModel:
        loads.append(model_id)
        return lambda request: HostReply(text=request.text)

    thread = ModelThread("quiet", load)
    room = Admission({}, MemoryLimit(), lambda _: False)
    await thread.run(HostRequest("local:quiet", text="a"), room)
    thread.unload_if_quiet(60)
    await thread.run(HostRequest("local:quiet", text="b"), room)
    kept = len(loads)
    thread.last_used -= 61

    thread.unload_if_quiet(60)
    thread.unload_if_quiet(60)
    reply = await thread.run(HostRequest("local:quiet", text="c"), room)

    thread.close()
    assert (kept, len(loads), reply.text) == (1, 2, "c")


@pytest.mark.asyncio
async def test_what_was_not_used_for_longest_leaves_memory_when_there_is_too_much() -> None:
    loaded: set[str] = set()

    class Model:
        def __init__(self, name: str) -> None:
            self.name = name
            loaded.add(name)

        def __call__(self, request: HostRequest) -> HostReply:
            return HostReply(text=self.name)

        def __del__(self) -> None:
            loaded.discard(self.name)

    host = ModelHost(
        thread_of_model=str,
        load=Model,
        limit=MemoryLimit(most=2, for_call=0, for_loading=1),
        uses_more_than=lambda size: len(loaded) > size,
    )

    for name in ("a", "b", "a", "c", "d"):
        reply = await host._run(HostRequest(name))
        assert reply.text == name

    assert loaded == {"c", "d"}
    for thread in host._threads.values():
        thread.close()


@pytest.mark.asyncio
async def test_a_call_there_is_no_room_for_waits_until_another_has_ended() -> None:
    most, at_work, goes_on = 0, set(), {name: threading.Event() for name in "abc"}

    def load(name: str) -> LocalModel:
        def work(_: HostRequest) -> HostReply:
            nonlocal most
            at_work.add(name)
            most = max(most, len(at_work))
            goes_on[name].wait(60)
            at_work.discard(name)
            return HostReply(text=name)

        return work

    # Two bytes, of which each call is reckoned to need one; models take none.
    limit = MemoryLimit(most=2, for_call=1, for_loading=0)
    host = ModelHost(thread_of_model=str, load=load, limit=limit, uses_more_than=lambda n: n < 0)
    calls = [asyncio.create_task(host._run(HostRequest(name))) for name in "abc"]

    while len(at_work) < 2:
        await asyncio.sleep(0.001)
    waits = not host._threads["c"].at_work
    for event in goes_on.values():
        event.set()
    replies = await asyncio.gather(*calls)

    assert waits
    assert (most, [one.text for one in replies]) == (2, ["a", "b", "c"])
    for thread in host._threads.values():
        thread.close()


@pytest.mark.asyncio
async def test_a_call_alone_begins_however_little_room_there_is() -> None:
    host = ModelHost(
        thread_of_model=str,
        load=lambda name: lambda _: HostReply(text=name),
        limit=MemoryLimit(most=0),
        uses_more_than=lambda _: True,
    )

    assert [(await host._run(HostRequest(name))).text for name in "aab"] == ["a", "a", "b"]
    for thread in host._threads.values():
        thread.close()
