"""Media that nothing shows any more go, and only those, whoever else is at work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from assets import blobs, ingest, retention
from assets.errors import StorageUnavailable
from assets.models import Asset
from invocations import removal
from invocations.models import Invocation, Run, Spending
from networks.models import Network
from tests.assets import samples

from .conftest import EverythingKept

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(hours=1)
Show = Callable[..., Run]


@pytest.fixture
def network() -> Network:
    return Network.create(User.objects.create_user("alice@example.org"), name="Whispers")


@pytest.fixture
def show(network: Network) -> Show:
    """A run whose steps gave these."""

    def shown(*assets: Asset) -> Run:
        at = timezone.now()
        run = Run.objects.create(
            network=network, prompt="x", ring=[], state="completed", lockout_until=at, ended_at=at
        )
        for n, asset in enumerate(assets):
            step: dict[str, Any] = {"run": run, "network": network, "sequence": n, "slot": 0}
            Invocation.objects.create(
                **step, model="m", state="completed", output_asset=asset, ended_at=at
            )
        return run

    return shown


def kept_picture(seed: int = 0, *, new: bool = False) -> Asset:
    asset = ingest.store(samples.image(seed=seed), kind="image")
    if not new:
        Asset.objects.filter(pk=asset.pk).update(seen_at=LONG_AGO)
    return asset


def test_a_deleted_run_takes_its_media_along_but_not_those_of_others(
    show: Show, everything_kept: EverythingKept, network: Network
) -> None:
    own, shared = kept_picture(1), kept_picture(2)
    first, second = show(own, shared), show(shared)
    Spending.book(network, price=0.5, at=timezone.now())

    removal.delete_run(run=first, at=timezone.now())

    assert list(Asset.objects.all()) == [shared]
    assert all(name.startswith(shared.sha256) for name in everything_kept.published())
    assert Spending.objects.get().usd == 0.5
    removal.delete_run(run=second, at=timezone.now())
    assert everything_kept.published() == []


def test_a_long_run_and_a_whole_network_do_so_too(
    show: Show,
    network: Network,
    everything_kept: EverythingKept,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(removal, "BATCH", 1)
    monkeypatch.setattr(retention, "BATCH", 2)
    show(*(kept_picture(seed) for seed in range(5)))

    removal.delete_network(network=network, at=timezone.now())

    assert (Asset.objects.count(), everything_kept.published()) == (0, [])


def test_what_was_handed_out_a_moment_ago_waits(show: Show) -> None:
    run = show(kept_picture(new=True))

    removal.delete_run(run=run, at=timezone.now())
    later = timezone.now() + retention.GRACE + timedelta(seconds=1)

    assert Asset.objects.count() == 1
    assert retention.remove_abandoned(at=later) == 1
    assert Asset.objects.count() == 0


def test_what_comes_in_again_is_not_abandoned_any_more(show: Show) -> None:
    asset = kept_picture()
    retention.abandon([asset.pk], at=timezone.now())

    again = ingest.store(samples.image(), kind="image")

    assert again == asset
    assert retention.remove_abandoned(at=timezone.now() + timedelta(days=1)) == 0


def test_what_is_shown_after_all_stays_and_is_not_asked_about_again(show: Show) -> None:
    asset = kept_picture()
    show(asset)
    retention.abandon([asset.pk], at=timezone.now())

    assert retention.remove_abandoned(at=timezone.now()) == 0
    asset.refresh_from_db()
    assert asset.abandoned_at is None


def test_media_that_went_while_they_came_are_taken_in_anew(show: Show) -> None:
    asset = kept_picture()
    retention.abandon([asset.pk], at=timezone.now())
    stale = Asset.objects.get(pk=asset.pk)
    retention.remove_abandoned(at=timezone.now())

    assert stale.touch(timezone.now()) is False
    back = ingest.store(samples.image(), kind="image")
    assert (back.sha256, blobs.exists(back.name)) == (asset.sha256, True)


def test_media_whose_files_went_while_the_row_was_written_are_not_handed_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def publish_and_lose(files: dict[str, Any], **options: Any) -> None:
        published(files, **options)
        blobs.remove(files)

    published = blobs.publish
    monkeypatch.setattr(blobs, "publish", publish_and_lose)

    with pytest.raises(StorageUnavailable):
        ingest.store(samples.image(), kind="image")

    monkeypatch.setattr(blobs, "publish", published)
    assert blobs.exists(ingest.store(samples.image(), kind="image").name)


def test_a_storage_that_fails_leaves_row_and_file(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = show(kept_picture())

    def fail(names: list[str]) -> None:
        raise StorageUnavailable("away")

    monkeypatch.setattr(blobs, "remove", fail)
    removal.delete_run(run=run, at=timezone.now())

    assert Asset.objects.count() == 1


def test_the_same_picture_given_often_is_noted_now_and_then() -> None:
    asset = kept_picture(new=True)
    before = asset.seen_at

    assert asset.touch(before + timedelta(seconds=5))
    asset.refresh_from_db()
    assert asset.seen_at == before
    assert asset.touch(before + timedelta(seconds=30))
    asset.refresh_from_db()
    assert asset.seen_at > before
