"""The operator's check: between decoding and publishing, and never in the way of the rest."""

from __future__ import annotations

import threading

import pytest
from pytest_django.fixtures import Settings

from assets import ingest, screening
from assets.errors import DamagedMedia, Declined
from assets.models import Asset
from assets.screening import ScreenedMedia
from tests.assets.conftest import EverythingKept
from tests.fake_servers import media

pytestmark = pytest.mark.django_db
PNG = media.png("shown")


def stored(data: bytes = PNG, kind: str = "image") -> Asset:
    return ingest.store(data, kind=kind, screen=screening.screen)


def no_red(shown: ScreenedMedia) -> str:
    """Named by a setting in these tests."""
    return "It is red."


def broken(shown: ScreenedMedia) -> str:
    raise ZeroDivisionError


def test_a_check_is_shown_a_whole_picture_that_nobody_else_can_see_yet() -> None:
    seen: list[tuple[str, str, bytes, bool]] = []

    def look(shown: ScreenedMedia) -> None:
        published = Asset.objects.exists()
        seen.append((shown.kind, shown.content_type, shown.path.read_bytes(), published))

    with screening.installed_temporarily(look):
        asset = stored()

    assert seen == [("image", "image/png", PNG, False)]
    assert asset.kind == "image"


def test_of_what_a_check_objects_to_nothing_is_kept(everything_kept: EverythingKept) -> None:
    with (
        screening.installed_temporarily(lambda _: "There is a face in it."),
        pytest.raises(Declined, match="There is a face in it"),
    ):
        stored()

    assert not Asset.objects.exists()
    assert not everything_kept.published()
    assert not everything_kept.temporary()


def test_a_picture_that_is_known_already_is_checked_again() -> None:
    stored()

    with screening.installed_temporarily(lambda _: "Not today."), pytest.raises(Declined):
        stored()


def test_what_does_not_decode_is_not_shown_to_a_check() -> None:
    seen: list[ScreenedMedia] = []

    with screening.installed_temporarily(seen.append), pytest.raises(DamagedMedia):
        stored(PNG[:-30])

    assert not seen


def test_a_sound_is_no_picture() -> None:
    with screening.installed_temporarily(lambda _: "No."):
        assert stored(media.wav("heard"), "audio").kind == "audio"


def test_the_first_objection_of_several_checks_counts(settings: Settings) -> None:
    settings.PICTURE_CHECK = f"{__name__}.no_red"

    with (
        screening.installed_temporarily(lambda _: ""),
        screening.installed_temporarily(lambda _: "It is late."),
        pytest.raises(Declined, match="It is red"),
    ):
        stored()


@pytest.mark.parametrize("name", ["broken", "not_there"])
def test_a_check_that_fails_lets_through_and_is_logged(
    settings: Settings, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    settings.PICTURE_CHECK = f"{__name__}.{name}"

    assert stored().kind == "image"
    assert "The check of pictures failed" in caplog.text


def test_a_check_that_fails_keeps_back_where_the_operator_wants_that(settings: Settings) -> None:
    settings.PICTURE_CHECK, settings.PICTURE_CHECK_FAILING = f"{__name__}.broken", "refuse"

    with pytest.raises(Declined, match="ZeroDivisionError"):
        stored()


def test_a_check_that_hangs_counts_as_failed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(screening, "TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(screening, "_slots", threading.BoundedSemaphore(2))
    hanging = threading.Event()

    def wait_for_ever(shown: ScreenedMedia) -> None:
        hanging.wait(60)

    with screening.installed_temporarily(wait_for_ever):
        kinds = [stored(media.png(seed)).kind for seed in "abcd"]
    hanging.set()

    assert kinds == ["image"] * 4
    assert caplog.text.count("The check of pictures failed") == 4


def test_a_check_that_cannot_be_imported_is_found_at_the_start(settings: Settings) -> None:
    settings.PICTURE_CHECK = f"{__name__}.PNG"
    assert [found.id for found in screening.can_be_imported()] == ["assets.E001"]

    settings.PICTURE_CHECK = "nowhere.at.all"
    assert [found.id for found in screening.can_be_imported()] == ["assets.E001"]

    settings.PICTURE_CHECK = f"{__name__}.no_red"
    assert screening.can_be_imported() == []
