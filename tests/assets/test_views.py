from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client
from django.urls import reverse

from assets import blobs
from assets.ingest import store
from assets.models import Asset
from assets.views.media import MAX_OPEN_RANGE_BYTES, Part, Unsatisfiable, requested_part

from . import samples

pytestmark = pytest.mark.django_db


@pytest.fixture
def asset() -> Asset:
    return store(samples.image("PNG", (300, 200)), kind="image")


@pytest.fixture
def large() -> Asset:
    """More than one piece, so that it is streamed."""
    return store(samples.image("PNG", (700, 500)), kind="image")


def test_media_is_shown_in_the_page_and_kept_for_ever(client: Client, asset: Asset) -> None:
    response = client.get(asset.url)

    assert response.status_code == 200
    assert response.content == samples.image("PNG", (300, 200))
    assert response["Content-Type"] == "image/png"
    assert response["Content-Length"] == str(asset.bytes)
    assert response["Content-Disposition"] == "inline"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["Accept-Ranges"] == "bytes"
    assert response["ETag"] == f'"{asset.sha256}"'
    policy = response["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "sandbox" in policy
    assert "script" not in policy
    assert "Vary" not in response
    assert not response.cookies


def test_the_addresses_are_what_the_asset_says(asset: Asset) -> None:
    original = reverse("assets:original", args=[asset.sha256, "png"])
    tile = reverse("assets:rendition", args=[asset.sha256, "tile"])

    assert (original, tile) == (asset.url, asset.tile_url)


def test_renditions_are_webp(client: Client, asset: Asset) -> None:
    response = client.get(asset.tile_url)

    assert response["Content-Type"] == "image/webp"
    assert response.content[8:12] == b"WEBP"
    assert len(response.content) == asset.renditions["tile"]["bytes"]
    assert response["ETag"] == f'"{asset.sha256}-tile"'


def test_head_tells_everything_but_the_media(client: Client, asset: Asset) -> None:
    response = client.head(asset.url, headers={"Range": "bytes=0-9"})

    assert response.status_code == 200
    assert response["Content-Length"] == str(asset.bytes)
    assert response["Content-Type"] == "image/png"
    assert response.content == b""


@pytest.mark.parametrize("tag", ["{etag}", "*", '"other", {etag}', "W/{etag}"])
def test_who_has_it_already_is_told_so(client: Client, asset: Asset, tag: str) -> None:
    etag = f'"{asset.sha256}"'

    response = client.get(asset.url, headers={"If-None-Match": tag.format(etag=etag)})

    assert response.status_code == 304
    assert response["ETag"] == etag
    assert "immutable" in response["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        f"/assets/{'0' * 64}.png",
        f"/assets/{'0' * 64}/tile.webp",
        "/assets/../../etc/passwd",
        "/assets/.incoming/x",
    ],
)
def test_what_is_not_there_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_another_extension_or_a_missing_rendition_is_not_found(
    client: Client, asset: Asset
) -> None:
    assert client.get(f"/assets/{asset.sha256}.html").status_code == 404
    assert client.get(f"/assets/{asset.sha256}/poster.webp").status_code == 404


def test_a_lost_file_is_not_found(client: Client, asset: Asset) -> None:
    with asset.path() as path:
        path.unlink()

    assert client.get(asset.url).status_code == 404


def test_nothing_can_be_written(client: Client, asset: Asset) -> None:
    assert client.post(asset.url).status_code == 405


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=100-199", 100, 200),
        ("bytes=100-", 100, None),
        ("bytes=-50", -50, None),
        ("bytes=-99999999", 0, None),
        ("bytes=10-99999999", 10, None),
        ("Bytes = 5-6", 5, 7),
    ],
)
def test_a_part_is_given_where_a_part_is_asked_for(
    client: Client, asset: Asset, header: str, start: int, end: int | None
) -> None:
    data = samples.image("PNG", (300, 200))

    response = client.get(asset.url, headers={"Range": header})

    assert response.status_code == 206
    assert response.content == data[start:end]
    first = data.index(response.content)
    last = first + len(response.content) - 1
    assert response["Content-Range"] == f"bytes {first}-{last}/{len(data)}"
    assert response["Content-Length"] == str(len(response.content))


@pytest.mark.parametrize("header", ["bytes=9999999-", "bytes=9999999-99999999", "bytes=-0"])
def test_a_part_outside_the_file_is_refused(client: Client, asset: Asset, header: str) -> None:
    response = client.get(asset.url, headers={"Range": header})

    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{asset.bytes}"


@pytest.mark.parametrize(
    "header", ["bytes=5-2", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "bytes", ""]
)
def test_a_header_that_makes_no_sense_is_ignored(client: Client, asset: Asset, header: str) -> None:
    response = client.get(asset.url, headers={"Range": header})

    assert response.status_code == 200
    assert len(response.content) == asset.bytes


def test_a_part_of_what_has_changed_is_the_whole(client: Client, asset: Asset) -> None:
    current = {"Range": "bytes=0-4", "If-Range": f'"{asset.sha256}"'}
    stale = {"Range": "bytes=0-4", "If-Range": '"something else"'}

    assert client.get(asset.url, headers=current).status_code == 206
    assert client.get(asset.url, headers=stale).status_code == 200


def test_the_rest_of_a_long_file_comes_in_bounded_parts() -> None:
    size = 100_000_000

    assert requested_part("bytes=10-", size) == Part(10, MAX_OPEN_RANGE_BYTES)
    assert requested_part("bytes=10-49999999", size) == Part(10, 49_999_990)
    assert requested_part(f"bytes={size - 1}-", size) == Part(size - 1, 1)
    with pytest.raises(Unsatisfiable):
        requested_part(f"bytes={size}-", size)


def test_a_large_file_is_streamed_in_pieces(client: Client, large: Asset) -> None:
    response = cast(StreamingHttpResponse, client.get(large.url))

    pieces = list(response)

    assert len(pieces) > 1
    assert max(len(piece) for piece in pieces) <= blobs.PIECE
    assert b"".join(pieces) == samples.image("PNG", (700, 500))


@pytest.mark.django_db(transaction=True)
def test_a_large_file_is_streamed_beside_the_event_loop(large: Asset) -> None:
    async def fetch() -> list[bytes]:
        response = cast(StreamingHttpResponse, await AsyncClient().get(large.url))
        assert response.is_async
        return [piece async for piece in cast(AsyncIterator[bytes], response.streaming_content)]

    pieces = asyncio.run(fetch())

    assert len(pieces) > 1
    assert b"".join(pieces) == samples.image("PNG", (700, 500))
