"""A run leaves as a bundle and comes back the same."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from archive.bundles import schema, writing
from archive.bundles.importing import import_run
from assets import ingest
from assets.models import Asset
from invocations import removal, runs
from invocations.models import Attempt, Run, Spending
from networks.models import Network
from tests.assets import samples

from .bundle_files import AT, bundle_of, network, run, unpacked

__all__ = ["network", "run"]
STEP_FIELDS = (
    "sequence",
    "slot",
    "model",
    "state",
    "input_text",
    "input_asset__sha256",
    "output_text",
    "output_asset__sha256",
    "substituted",
    "fallen_back",
    "error_code",
    "created_at",
    "started_at",
    "ended_at",
    "seconds",
)


def steps_of(run: Run) -> list[Any]:
    return list(run.invocations.in_order().values_list(*STEP_FIELDS))


def test_a_run_that_left_was_deleted_and_came_back_is_the_same(run: Run, network: Network) -> None:
    before, bundle, origin = steps_of(run), bundle_of(run), run.public_id
    removal.delete_run(run=run, at=AT)

    back = import_run(network=network, source=bundle, at=timezone.now())

    back.refresh_from_db()
    assert steps_of(back) == before
    assert (back.prompt, back.state, back.ring) == (run.prompt, "failed", run.ring)
    assert (back.imported, back.usd, back.public_id != origin) == (True, None, True)
    assert back.provenance is not None
    assert (back.provenance["run"], back.provenance["network"]) == (origin, "Whispers")
    assert not Attempt.objects.exists()
    assert not Spending.objects.exists()


def test_a_bundle_is_a_record_a_page_and_the_media(run: Run) -> None:
    files = unpacked(bundle_of(run))

    record = json.loads(files["run.json"])
    media = {name for name in files if name.startswith("media/")}
    page = files["index.html"].decode()
    assert (record["format"], record["version"]) == ("panic-run", 1)
    assert [step["sequence"] for step in record["invocations"]] == [0, 1, 2, 3]
    assert all(sha256(files[name]).hexdigest() in name for name in media)
    assert len(media) == 2
    assert all(f'src="{name}"' in page for name in media)
    assert "a &lt;red&gt; “balloon”" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_secrets_stay_here_and_costs_go_only_where_they_may(run: Run) -> None:
    plain = b"".join(unpacked(bundle_of(run)).values())
    record = json.loads(unpacked(bundle_of(run, costs=True))["run.json"])

    assert b"secret" not in plain
    assert b"key!" not in plain
    assert b"usd" not in plain
    assert (record["run"]["usd"], record["invocations"][0]["usd"]) == (0.75, 0.5)


def test_a_run_under_way_leaves_as_far_as_it_has_come(network: Network) -> None:
    live = runs.start_run(network=network, prompt="a moth", at=AT).run

    back = import_run(network=network, source=bundle_of(live), at=timezone.now())

    assert (back.state, back.invocations.count()) == ("stopped", 0)
    assert network.runs.live().get() == live


def test_a_bundle_is_made_a_piece_at_a_time(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BATCH", 1)
    pieces = list(writing.write_bundle(run, AnonymousUser(), at=AT))

    assert len(pieces) > 8
    assert steps_of(import_run(network=run.network, source=io.BytesIO(b"".join(pieces)), at=AT))
    assert max(map(len, pieces)) < 300_000


def test_what_the_storage_has_lost_is_left_out(run: Run) -> None:
    asset = Asset.objects.get(kind="image")
    with asset.path() as path:
        path.unlink()

    files = unpacked(bundle_of(run))

    assert {name for name in files if name.startswith("media/")} == {
        schema.name_of(Asset.objects.get(kind="audio"))
    }
    ingest.store(samples.image("PNG"), kind="image")


def test_what_fails_half_way_leaves_no_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.bundles.importing.BATCH", 1)
    monkeypatch.setattr("archive.bundles.importing._end", lambda run, head: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        import_run(network=run.network, source=bundle_of(run), at=AT)

    assert Run.objects.count() == 1


def test_an_imported_run_cannot_be_brought_to_life(run: Run, network: Network) -> None:
    back = import_run(network=network, source=bundle_of(run), at=AT)

    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.filter(pk=back.pk).update(state="running", ended_at=None)


def test_a_branch_from_an_imported_step_runs_on_the_networks_own_ring(
    run: Run, network: Network
) -> None:
    Run.objects.filter(pk=run.pk).update(
        ring=[{"model": "dummy:image-to-text", "parameters": {"delay_seconds": 9}}] * 2
    )
    run.refresh_from_db()
    back = import_run(network=network, source=bundle_of(run), at=AT)
    source = back.invocations.get(sequence=0)

    begun = runs.branch_run(source=source, at=AT + timedelta(minutes=5))

    assert begun.ring != back.ring
    assert begun.invocations.get().model == "dummy:image-to-text"
