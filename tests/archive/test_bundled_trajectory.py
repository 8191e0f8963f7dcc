"""Where a run was going, in its bundle."""

from __future__ import annotations

import io
import json
import zipfile
from xml.etree import ElementTree

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from archive.bundles.importing import import_run
from archive.bundles.writing import write_bundle
from invocations.models import Run
from networks.models import Network
from observatory import recent_trajectories
from tests.observatory.embedding_host import *  # noqa: F403  its fixtures
from tests.observatory.embedding_host import Embed
from tests.panic.test_query_counts import MAX_QUERIES
from tests.people import Work


def files_of(run: Run) -> dict[str, bytes]:
    content = b"".join(write_bundle(run, AnonymousUser(), at=timezone.now()))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_bundle_has_the_picture_and_the_points(run: Run, work: Work, embed: Embed) -> None:
    work(run, "a kite over the sea")
    embed()

    files = files_of(run)

    picture = ElementTree.fromstring(files["trajectory.svg"])  # noqa: S314  our own
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert [one["sequence"] for one in json.loads(files["trajectory.json"])["points"]] == [0]
    assert 'src="trajectory.svg"' in files["index.html"].decode()


def test_a_bundle_of_a_run_without_embeddings_has_neither(run: Run, work: Work) -> None:
    work(run, "a kite")

    files = files_of(run)

    assert "trajectory.svg" not in files
    assert "trajectory" not in files["index.html"].decode()


def test_a_bundle_with_a_picture_can_be_taken_in(
    network: Network, run: Run, work: Work, embed: Embed
) -> None:
    work(run, "a kite over the sea")
    embed()
    content = b"".join(write_bundle(run, AnonymousUser(), at=timezone.now()))
    assert b"trajectory.svg" in content

    back = import_run(network=network, source=io.BytesIO(content), at=timezone.now())

    assert back.invocations.count() == 1


def test_an_export_asks_as_seldom_with_a_picture_as_any_page(
    owner: Client, run: Run, work: Work, embed: Embed
) -> None:
    work(run, "a kite over the sea")
    embed()
    address = f"/runs/{run.public_id}/export/"
    b"".join(owner.get(address).streaming_content)  # type: ignore[attr-defined]
    recent_trajectories._kept.clear()

    with CaptureQueriesContext(connection) as captured:
        content = b"".join(owner.get(address).streaming_content)  # type: ignore[attr-defined]

    assert b"trajectory.svg" in content
    assert len(captured) <= MAX_QUERIES
