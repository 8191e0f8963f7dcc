"""What an earlier version stored with its metadata is stored anew without, wherever it is shown."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from assets import blobs, reprocessing, retention
from assets.ingest import store
from assets.models import Asset
from invocations.models import Invocation, Run
from networks.models import Network
from panic import doctor

from . import samples
from .conftest import EverythingKept
from .test_provenance import RAW, tagged, text_chunks

pytestmark = pytest.mark.django_db
AT = timezone.now()


def png(seed: int = 0) -> bytes:
    return samples.image("PNG", seed=seed, pnginfo=text_chunks())


def stored_by_version_0(data: bytes, kind: str, extension: str, content_type: str) -> Asset:
    """As the code before metadata was removed wrote it: the bytes that came."""
    sha256 = hashlib.sha256(data).hexdigest()
    with blobs.temporary_files() as files:
        path = files.new_file()
        path.write_bytes(data)
        blobs.publish({blobs.name_of(sha256, extension): path})
    return Asset.objects.create(
        sha256=sha256, kind=kind, content_type=content_type, extension=extension, bytes=len(data)
    )


def old_picture(seed: int = 0) -> Asset:
    return stored_by_version_0(png(seed), "image", "png", "image/png")


@pytest.fixture
def run_showing() -> Callable[..., Run]:
    network = Network.create(User.objects.create_user("alice@example.org"), name="Whispers")

    def shown(*assets: Asset) -> Run:
        run = Run.objects.create(
            network=network, prompt="x", ring=[], state="completed", lockout_until=AT, ended_at=AT
        )
        for number, asset in enumerate(assets):
            step: dict[str, Any] = {"run": run, "network": network, "sequence": number, "slot": 0}
            Invocation.objects.create(
                **step, model="m", state="completed", input_asset=asset, output_asset=asset
            )
        return run

    return shown


def everything_in(kept: EverythingKept) -> bytes:
    return b"".join(path.read_bytes() for path in kept.files())


def test_every_row_shows_the_new_one_and_the_old_one_goes_an_hour_later(
    run_showing: Callable[..., Run], everything_kept: EverythingKept
) -> None:
    picture = old_picture()
    film = stored_by_version_0(
        tagged("mp4", video=True, comment=RAW.decode()), "video", "mp4", "video/mp4"
    )
    run = run_showing(picture, film, picture)
    assert RAW in everything_in(everything_kept)

    done = list(reprocessing.reprocess(now=lambda: AT))

    assert [one.changed for one in done] == [True, True]
    shown = [(step.input_asset, step.output_asset) for step in run.invocations.order_by("sequence")]
    assert shown == [(done[n].new, done[n].new) for n in (0, 1, 0)]
    assert retention.remove_abandoned(at=AT + timedelta(minutes=59)) == 0
    assert retention.remove_abandoned(at=AT + timedelta(minutes=62)) == 2
    assert RAW not in everything_in(everything_kept)
    assert Asset.objects.count() == 2


def test_each_is_kept_for_an_hour_from_when_it_was_replaced() -> None:
    first, last = old_picture(1), old_picture(2)
    times = iter([AT, AT + timedelta(hours=3)])

    list(reprocessing.reprocess(now=lambda: next(times)))

    assert retention.remove_abandoned(at=AT + timedelta(hours=3, minutes=59)) == 1
    assert not Asset.objects.filter(pk=first.pk).exists()
    assert retention.remove_abandoned(at=AT + timedelta(hours=4, minutes=2)) == 1
    assert not Asset.objects.filter(pk=last.pk).exists()


def test_nothing_is_done_twice(run_showing: Callable[..., Run]) -> None:
    run_showing(old_picture())
    list(reprocessing.reprocess(now=lambda: AT))

    assert list(reprocessing.reprocess(now=lambda: AT)) == []


def test_a_kill_at_any_point_leaves_something_to_go_on_from(
    run_showing: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_showing(old_picture(1), old_picture(2), old_picture(3))

    def killed(*_: Any, **__: Any) -> int:
        raise KeyboardInterrupt

    rounds = reprocessing.reprocess(now=lambda: AT)
    next(rounds)
    with monkeypatch.context() as patch:  # after the new one is stored, before it is shown
        patch.setattr(retention, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            next(rounds)
    assert Asset.objects.outdated().count() == 2

    assert len(list(reprocessing.reprocess(now=lambda: AT))) == 2
    for step in run.invocations.all():
        assert step.output_asset is not None
        assert step.output_asset.is_current
    assert Asset.objects.filter(abandoned_at__isnull=True).count() == 3


def test_what_has_no_metadata_stays_what_it_is(run_showing: Callable[..., Run]) -> None:
    asset = store(samples.image(), kind="image")
    Asset.objects.update(ingest_version=0, width=1)
    run_showing(asset)

    (done,) = reprocessing.reprocess(now=lambda: AT)

    assert done.new == asset
    assert not done.changed
    asset.refresh_from_db()
    assert (asset.width, asset.is_current, asset.abandoned_at) == (64, True, None)


def test_the_same_bytes_that_come_again_are_not_the_old_ones() -> None:
    old = old_picture()

    new = store(png(), kind="image")

    assert new.pk != old.pk
    with new.path() as path:
        assert RAW not in path.read_bytes()


def test_a_step_that_was_written_with_the_old_one_meanwhile_keeps_it_until_the_next_round(
    run_showing: Callable[..., Run],
) -> None:
    old = old_picture()
    list(reprocessing.reprocess(now=lambda: AT))
    run = run_showing(old)

    assert retention.remove_abandoned(at=AT + timedelta(hours=2)) == 0
    (done,) = reprocessing.reprocess(now=lambda: AT + timedelta(hours=2))

    assert run.invocations.get().output_asset == done.new


def test_what_cannot_be_stored_anew_is_listed_and_the_rest_is_done() -> None:
    lost, broken, fine = old_picture(1), old_picture(2), old_picture(3)
    with lost.path() as path:
        path.unlink()
    with broken.path() as path:
        path.write_bytes(png(2)[:500])
    out = io.StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("reprocess_media", stdout=out)

    assert out.getvalue() == "3 media looked at, 1 of them stored anew.\n"
    assert str(ended.value).splitlines()[0].startswith("2 could not be stored anew")
    assert f"{lost}: The storage has lost it." in str(ended.value)
    fine.refresh_from_db()
    assert fine.abandoned_at is not None


def test_doctor_says_so_as_long_as_there_are_any() -> None:
    old_picture()
    assert [(one.subject, one.mark) for one in doctor.stored_media()] == [("stored media", "bad")]

    call_command("reprocess_media", stdout=io.StringIO())

    assert list(doctor.stored_media()) == []
