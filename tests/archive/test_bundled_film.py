"""The film of a run where the run is kept: in its bundle, on its page, on contact sheets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from archive.bundles import schema
from archive.bundles.importing import import_run
from archive.bundles.reading import BadBundle
from archive.models import ContactSheet
from assets import ingest
from assets.models import Asset
from films.models import Film
from films.states import FilmState
from invocations.models import Run
from networks.models import Network
from tests.operations.clips import moving_sprite, write_clip
from tests.people import html_of

from .bundle_files import AT, bundle_of, network, packed, run, unpacked

__all__ = ["network", "run"]


@pytest.fixture
def film(run: Run, tmp_path: Path) -> Film:
    output = ingest.store(write_clip(tmp_path / "film.mp4", moving_sprite(8)), kind="video")
    return film_of(run, output)


def film_of(run: Run, output: Asset) -> Film:
    made = {"state": FilmState.COMPLETED, "recipe": "film-of-run", "title": "A night in May"}
    return Film.objects.create(owner=run.network.owner, run=run, output=output, **made)


def test_a_bundle_has_the_film_for_those_who_may_see_it(run: Run, film: Film) -> None:
    assert film.output is not None

    own = unpacked(bundle_of(run, film.owner))
    strangers = unpacked(bundle_of(run))

    name = schema.name_of(film.output)
    assert len(own[name]) == film.output.bytes
    assert json.loads(own["run.json"])["film"]["sha256"] == film.output.sha256
    assert f'<video src="{name}" controls' in own["index.html"].decode()
    assert name not in strangers
    assert "film" not in json.loads(strangers["run.json"])
    assert "<video" not in strangers["index.html"].decode()


def test_the_film_of_a_bundle_is_taken_in_with_its_run(
    run: Run, film: Film, network: Network
) -> None:
    chapters = [{"seconds": 0.0, "title": "a red\nballoon"}]
    film.note_plan(chapters=chapters)

    back = import_run(network=network, source=bundle_of(run, film.owner), at=AT)

    assert back.invocations.count() == run.invocations.count()
    kept = back.films.get()
    assert (kept.title, kept.chapters, kept.state) == ("A night in May", chapters, "completed")
    assert (kept.owner, kept.output) == (network.owner, film.output)


@pytest.mark.parametrize(
    "lie",
    [{"kind": "image"}, {"chapters": [{"seconds": -1, "title": "x"}]}, {"title": "x" * 201}],
)
def test_a_film_that_is_not_as_it_should_be_is_refused_with_its_run(
    run: Run, film: Film, lie: dict[str, Any]
) -> None:
    files = unpacked(bundle_of(run, film.owner))
    head, rest = files["run.json"].split(b"\n", 1)
    record = json.loads(head + b"]}")
    record["film"] |= lie
    files["run.json"] = json.dumps(record).encode().removesuffix(b"]}") + b"\n" + rest
    before = Run.objects.count()

    with pytest.raises(BadBundle, match="film"):
        import_run(network=run.network, source=packed(files), at=AT)

    assert (Run.objects.count(), Film.objects.count()) == (before, 1)


def test_a_film_that_is_a_step_too_is_there_once(run: Run, film: Film) -> None:
    run.invocations.filter(output_asset__kind="image").update(output_asset=film.output)

    assert film.output is not None

    files = unpacked(bundle_of(run, film.owner))

    assert schema.name_of(film.output) in files


def test_the_page_of_a_run_has_poster_and_download(run: Run, film: Film, client: Client) -> None:
    client.force_login(film.owner)
    assert film.output is not None

    page = html_of(client.get(run.get_absolute_url()))

    assert f'<img src="{film.output.poster_url}"' in page
    assert f'<a href="{film.output.url}" download="panic-{run.public_id}.mp4">' in page


def test_a_contact_sheet_leads_to_the_film_once_it_is_shared(
    run: Run, film: Film, client: Client
) -> None:
    sheet = ContactSheet.make(run=run, sequences=[0, 1], made_by=film.owner)
    before = html_of(client.get(sheet.get_absolute_url()))

    address = f"/films/shared/{film.share()}/"

    assert "A night in May" not in before
    assert f'href="{address}"' in html_of(client.get(sheet.get_absolute_url()))
