"""A clip that cannot be used gets its sentence before anything is begun with it, and leaves nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.utils import timezone, translation

from accounts.models import User
from films import sentences, upload_checks, upload_due
from films.models import Upload, UploadState
from films.models.upload import parts_folder
from films.orders import order_film
from lib.stored_sentences import translate_stored
from lib.validation import Invalid
from operations import sentences as of_operations
from tests.films.conftest import Sent
from tests.operations import test_probe as bad
from tests.operations.clips import moving_sprite, write_clip


def files_of_uploads() -> list[Path]:
    stored = Path(settings.MEDIA_ROOT) / "uploads"
    return [*parts_folder().iterdir(), *(stored.iterdir() if stored.exists() else ())]


def truncated(folder: Path) -> Path:
    return bad.cut_short(write_clip(folder / "a.mp4", moving_sprite(6)), folder / "cut.mp4")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (truncated, "cut short"),
        (bad.eight_thousand_wide, "too large: 7680 by 4320"),
        (bad.one_picture, "only one picture"),
        (bad.sound_in_mp4, "only sound"),
        (bad.image_named_mp4, "a PNG image"),
        (bad.three_hours, "too long: it plays 183 minutes, and at most 30"),
        (bad.encrypted, "encrypted"),
    ],
)
def test_bad_clip_is_refused_in_a_sentence_and_leaves_nothing(
    made: Callable[[Path], Path], words: str, tmp_path: Path, send: Sent
) -> None:
    upload = send(made(tmp_path))

    upload_checks.check_now(upload)

    assert upload.state == UploadState.REFUSED
    assert words in upload.refusal
    with translation.override("fr"):
        assert translate_stored(upload.refusal) != upload.refusal
    assert files_of_uploads() == []


def test_order_of_a_clip_that_was_refused_says_why(tmp_path: Path, send: Sent, alice: User) -> None:
    upload = send(bad.one_picture(tmp_path))

    with pytest.raises(Invalid) as early:
        order_film(owner=alice, upload=upload, recipe="upscale", options={}, at=timezone.now())
    upload_checks.check_now(upload)
    with pytest.raises(Invalid) as late:
        order_film(owner=alice, upload=upload, recipe="upscale", options={}, at=timezone.now())

    assert early.value.errors == {"upload": "This clip has not come yet."}
    assert "only one picture" in late.value.errors["upload"]


def test_good_clip_is_ready_and_says_what_it_is(clip: Path, send: Sent) -> None:
    upload = send(clip)
    assert upload_due.due_checks(timezone.now()) == [upload.pk]

    upload_checks.check_now(upload)

    assert upload.is_ready
    assert (upload.facts["frames"], upload.facts["width"], upload.facts["height"]) == (12, 64, 48)
    with upload.path() as path:
        assert path.read_bytes() == clip.read_bytes()
    assert not upload.part.exists()
    assert upload_due.due_checks(timezone.now()) == []


def test_clip_of_more_than_is_kept_of_a_film_is_refused(
    clip: Path, send: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_checks, "MAX_MINUTES", 0)
    upload = send(clip)

    upload_checks.check_now(upload)

    assert "too long" in upload.refusal


def test_killed_check_is_done_again(clip: Path, send: Sent) -> None:
    """Also where it had moved the file already."""
    upload = send(clip)
    assert upload.claim_check(timezone.now())
    stored = Path(settings.MEDIA_ROOT) / upload.stored_name
    stored.parent.mkdir(parents=True)
    upload.part.rename(stored)
    assert upload_due.due_checks(timezone.now()) == []

    Upload.objects.update(check_until=timezone.now())
    upload_checks.check_now(upload)

    assert upload.is_ready


def test_of_two_workers_one_looks_at_it(clip: Path, send: Sent) -> None:
    upload = send(clip)
    twin = Upload.objects.get(pk=upload.pk)

    assert upload.claim_check(timezone.now())
    assert not twin.claim_check(timezone.now())


def test_worker_of_the_queue_looks_at_what_has_come(clip: Path, send: Sent) -> None:
    upload = send(clip)

    async def here(work: Callable[[], Any]) -> Any:
        from asgiref.sync import sync_to_async

        return await sync_to_async(work)()

    async_to_sync(upload_checks.check_upload)(upload.pk, SimpleNamespace(in_database=here))

    upload.refresh_from_db()
    assert upload.is_ready


def test_every_sentence_of_an_operation_is_known_for_translation() -> None:
    sources = sentences.sources_of_operations()

    assert sources["EMPTY"] == of_operations.EMPTY
    assert len(sources) > 40
    with translation.override("fr"):
        untranslated = [one for one in sources.values() if translation.gettext(one) == one]
    assert untranslated == []
