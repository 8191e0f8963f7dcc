from __future__ import annotations

import asyncio
import io
import wave
from pathlib import Path

import av
import pytest
from PIL import Image

from platforms.adapters.dummy import ERRORS, MODELS, PARAMETERS, Dummy
from platforms.base import Call, MediaFile, Modality, Model, Output
from platforms.errors import Cancelled, PlatformError, RateLimited, Refused
from platforms.registry import get_model

pytestmark = pytest.mark.asyncio


def call(model: Model, given: str | MediaFile = "a red disc", **parameters: object) -> Call:
    return Call(model, given, parameters, credentials={}, idempotency_key="key")


async def answer(one: Call) -> Output:
    output = await Dummy().invoke(one)
    assert isinstance(output, Output)
    return output


def some_input(modality: Modality, folder: Path) -> str | MediaFile:
    if modality is Modality.TEXT:
        return "a red disc"
    path = folder / "input"
    path.write_bytes(b"any bytes will do")
    return MediaFile(path, "application/octet-stream")


async def test_there_is_a_dummy_for_every_pair() -> None:
    kinds = (Modality.TEXT, Modality.IMAGE, Modality.AUDIO)

    for source in kinds:
        for target in kinds:
            assert get_model(f"dummy:{source}-to-{target}").hidden
    assert get_model("dummy:text-to-video").hidden
    assert get_model("dummy:video-to-text").hidden


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
async def test_the_same_input_gives_the_same_decodable_output(model: Model, tmp_path: Path) -> None:
    given = some_input(model.input, tmp_path)

    first, second = await answer(call(model, given)), await answer(call(model, given))

    assert (first.text, first.data) == (second.text, second.data)
    match model.output:
        case Modality.TEXT:
            assert first.text
            assert first.text.endswith(".")
        case Modality.IMAGE:
            Image.open(io.BytesIO(first.data or b"")).load()
        case Modality.AUDIO:
            with wave.open(io.BytesIO(first.data or b"")) as file:
                assert file.getnframes() / file.getframerate() == pytest.approx(1.6)
        case Modality.VIDEO:
            with av.open(io.BytesIO(first.data or b""), mode="r") as container:
                assert len(list(container.decode(video=0))) == 12


async def test_another_input_gives_another_output() -> None:
    model = get_model("dummy:text-to-image")

    assert (await answer(call(model, "one"))).data != (await answer(call(model, "two"))).data


async def test_text_that_goes_round_for_hours_does_not_grow() -> None:
    text = "a red disc " * 100

    for _ in range(50):
        text = (await answer(call(get_model("dummy:text-to-text"), text))).text or ""

    assert 20 < len(text) < 120


async def test_a_delayed_call_takes_its_time_and_hears_a_stop() -> None:
    one = call(get_model("dummy:text-to-text"), delay_seconds=60)
    work = asyncio.create_task(answer(one))
    await asyncio.sleep(0.05)
    assert not work.done()

    one.cancelled.set()
    async with asyncio.timeout(30):  # half of what the call would take
        with pytest.raises(Cancelled):
            await work


async def test_each_attempt_ends_as_it_was_told_and_those_beyond_succeed() -> None:
    one = call(get_model("dummy:text-to-text"), fail=["Unavailable", "rate_limited:2", None])

    ends: list[str] = []
    for number in range(1, 5):
        one.number = number
        try:
            await answer(one)
            ends.append("")
        except PlatformError as error:
            ends.append(error.code)

    assert ends == ["unavailable", "rate_limited", "", ""]


@pytest.mark.parametrize("name", ["NotConfigured", "Refused", "TimedOut", "timed_out"])
async def test_every_error_is_known_by_name_and_by_code(name: str) -> None:
    with pytest.raises(PlatformError) as failed:
        await answer(call(get_model("dummy:text-to-image"), fail=[name]))

    assert name in {type(failed.value).__name__, failed.value.code}
    assert name.replace("_", "").lower() in ERRORS


@pytest.mark.parametrize(
    ("entry", "kind"),
    [("Refused", "sensitive"), ("refused:invalid", "invalid"), ("Nonsense", "invalid")],
)
async def test_a_refusal_has_a_kind(entry: str, kind: str) -> None:
    with pytest.raises(Refused) as failed:
        await answer(call(get_model("dummy:text-to-text"), fail=[entry]))

    assert failed.value.kind == kind


async def test_a_rate_limit_can_say_when() -> None:
    with pytest.raises(RateLimited) as failed:
        await answer(call(get_model("dummy:text-to-text"), fail=["RateLimited:2.5"]))

    assert failed.value.retry_after == 2.5


async def test_doing_nothing_echoes_text_and_repeats_media() -> None:
    text = await answer(call(get_model("dummy:text-to-text"), "echo", noop=True))
    one = await answer(call(get_model("dummy:text-to-image"), "one", noop=True))
    two = await answer(call(get_model("dummy:text-to-image"), "two", noop=True))

    assert text.text == "echo"
    assert one.data is two.data


async def test_doing_nothing_waits_for_nothing() -> None:
    work = answer(call(get_model("dummy:text-to-text"), noop=True))

    with pytest.raises(StopIteration):  # it ends without handing over to the loop even once
        work.send(None)


async def test_the_parameters_are_the_three_that_are_promised() -> None:
    assert set(PARAMETERS["properties"]) == {"delay_seconds", "fail", "noop"}  # type: ignore[call-overload]
