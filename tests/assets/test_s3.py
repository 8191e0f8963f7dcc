"""Media in a bucket: a fake server that speaks as much of S3 as is needed."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config  # type: ignore[import-untyped]
from django.test import Client
from pytest_django import Settings
from storages.backends.s3 import S3Storage

from assets import blobs, inspection
from assets.errors import StorageFull, StorageUnavailable
from assets.ingest import store
from assets.inspection import Fault
from assets.models import Asset

from . import samples
from .conftest import EverythingKept

# The client library's own ways, not ours.
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore"),
]


class Bucket(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), BucketHandler)
        self.objects: dict[str, bytes] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.refuses = 0


class BucketHandler(BaseHTTPRequestHandler):
    server: Bucket
    protocol_version = "HTTP/1.1"  # the client waits a second for a "continue" that 1.0 lacks

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.refuses:
            self._answer(self.server.refuses, b"<Error><Code>No</Code></Error>")
            return
        self.server.objects[self.path] = body
        self._answer(200)

    def do_HEAD(self) -> None:
        self._answer(200 if self.path in self.server.objects else 404)

    def do_GET(self) -> None:
        asked = self.headers["Range"]
        self.server.asked.append((self.path, asked))
        data = self.server.objects.get(self.path)
        if data is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        elif asked:
            first, last = map(int, re.findall(r"\d+", asked))
            if first >= len(data):
                self._answer(416, b"<Error><Code>InvalidRange</Code></Error>")
            else:
                self._answer(206, data[first : last + 1])
        else:
            self._answer(200, data)

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[Bucket]:
    server = Bucket()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    one_storage.cache_clear()


@lru_cache
def one_storage(port: int) -> S3Storage:
    """Shared by all tests here: making a client takes a second."""
    return S3Storage(
        bucket_name="gallery",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="eu-central-1",
        access_key="key",
        secret_key="secret",
        addressing_style="path",
        querystring_auth=False,
        client_config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def bucket(server: Bucket, settings: Settings, tmp_path: Path) -> Bucket:
    server.objects.clear()
    server.asked.clear()
    server.refuses = 0
    settings.DATA_DIR = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "tests.assets.test_s3.one_storage",
            "OPTIONS": {"port": server.server_port},
        },
    }
    return server


def test_media_is_kept_in_the_bucket_and_streamed_from_it(
    bucket: Bucket, client: Client, tmp_path: Path, everything_kept: EverythingKept
) -> None:
    data = samples.image(size=(300, 200))

    asset = store(data, kind="image")
    response = client.get(asset.url)

    assert f"/gallery/{asset.name}" in bucket.objects
    assert len(bucket.objects) == 2  # and its tile
    assert response.content == data
    assert list((tmp_path / blobs.INCOMING).iterdir()) == []
    assert everything_kept.published() == []


def test_only_the_part_that_is_asked_for_is_read_from_the_bucket(
    bucket: Bucket, client: Client
) -> None:
    data = samples.image(size=(300, 200))
    asset = store(data, kind="image")

    response = client.get(asset.url, headers={"Range": "bytes=100-199"})

    assert response.content == data[100:200]
    assert bucket.asked == [(f"/gallery/{asset.name}", "bytes=100-199")]


def test_an_empty_object_is_damaged_as_an_empty_file_is(bucket: Bucket) -> None:
    asset = store(samples.image(size=(300, 200)), kind="image")
    for name in asset.names:
        bucket.objects[f"/gallery/{name}"] = b""

    found = inspection._inspect_asset(asset)

    assert [one.fault for one in found] == [Fault.DAMAGED] * 2


def test_a_model_gets_a_local_copy(bucket: Bucket) -> None:
    asset = store(samples.image(), kind="image")

    with asset.path() as path:
        assert path.read_bytes() == samples.image()
        assert path.suffix == ".png"

    assert not path.exists()


def test_an_object_that_was_lost_is_not_found_and_can_come_back(
    bucket: Bucket, client: Client
) -> None:
    asset = store(samples.image(), kind="image")
    bucket.objects.clear()

    lost = client.get(asset.url)
    again = store(samples.image(), kind="image")

    assert lost.status_code == 404
    assert again == asset
    assert client.get(asset.url).status_code == 200


def test_a_rendition_of_earlier_rules_is_replaced(bucket: Bucket) -> None:
    asset = store(samples.image(size=(300, 200)), kind="image")
    name = f"/gallery/{blobs.name_of(asset.sha256, 'tile.webp')}"
    tile, bucket.objects[name] = bucket.objects[name], b"another"
    Asset.objects.update(ingest_version=0)

    again = store(samples.image(size=(300, 200)), kind="image")

    assert again == asset
    assert again.is_current
    assert bucket.objects[name] == tile


@pytest.mark.parametrize(("status", "error"), [(507, StorageFull), (500, StorageUnavailable)])
def test_a_bucket_that_takes_nothing_is_said_in_a_sentence(
    bucket: Bucket, status: int, error: type[StorageUnavailable]
) -> None:
    bucket.refuses = status

    with pytest.raises(error, match=r"^[A-Z].+\.$") as caught:
        store(samples.image(), kind="image")

    assert type(caught.value) is error
    assert caught.value.retryable
    assert not Asset.objects.exists()
