"""Installations that are moved, looked at from outside."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tests.fake_servers.s3 import Bucket
from tests.stack import Stack

MAKE_MEDIA = """
from assets.ingest import store
from tests.assets import samples
for width in (300, 310, 320):
    store(samples.image(size=(width, 200)), kind="image")
"""
READ_MEDIA = """
import hashlib, json
from assets import blobs
from assets.models import Asset
names = [name for asset in Asset.objects.all() for name in asset.names]
pieces = {name: b"".join(blobs.read(name, 0, 10**7)) for name in names}
print(json.dumps({name: hashlib.sha256(pieces[name]).hexdigest() for name in names}))
"""


def make_media(stack: Stack) -> None:
    """Three pictures, each with a smaller copy."""
    _shell(stack, MAKE_MEDIA)


def files_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.glob("??/??/*")
    }


def objects_of(stack: Stack) -> dict[str, str]:
    """What an installation reads from its bucket."""
    found: dict[str, str] = json.loads(_shell(stack, READ_MEDIA).splitlines()[-1])
    return found


def s3_settings(bucket: Bucket) -> dict[str, str]:
    return {
        "S3_ENDPOINT_URL": bucket.endpoint,
        "S3_REGION": "us-east-1",
        "S3_ACCESS_KEY_ID": "an-id",
        "S3_SECRET_ACCESS_KEY": "a-secret",
    }


def _shell(stack: Stack, code: str) -> str:
    return stack.manage("shell", "--no-imports", "-c", code)
