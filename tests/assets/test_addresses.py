from __future__ import annotations

import base64
from pathlib import Path

import pytest

from assets import addresses
from assets.errors import FetchFailed, TooLarge
from assets.fetch import fetch


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "fetched"


async def decoded(url: str, into: Path) -> tuple[Path, str]:
    return await fetch(url, kind="image", allowed_origins=(), into=into, max_bytes=1_000)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("url", "data", "content_type"),
    [
        ("data:image/png;base64," + base64.b64encode(b"\x89PNG").decode(), b"\x89PNG", "image/png"),
        ("DATA:image/svg+xml,%3Csvg%2F%3E", b"<svg/>", "image/svg+xml"),
        ("data:text/plain;charset=utf-8;base64,aGk%3D", b"hi", "text/plain;charset=utf-8"),
        ("data:,hi", b"hi", ""),
    ],
)
async def test_a_data_address_is_decoded_here(
    url: str, data: bytes, content_type: str, into: Path
) -> None:
    path, declared = await decoded(url, into)

    assert (path.read_bytes(), declared) == (data, content_type)


@pytest.mark.asyncio
@pytest.mark.parametrize("url", ["data:image/png;base64", "data:image/png;base64,!!!!", "data:"])
async def test_a_damaged_data_address_is_refused(url: str, into: Path) -> None:
    with pytest.raises(FetchFailed, match="damaged"):
        await decoded(url, into)


@pytest.mark.asyncio
async def test_a_large_data_address_is_refused_before_it_is_decoded(into: Path) -> None:
    with pytest.raises(TooLarge):
        await decoded("data:;base64," + "A" * 4_000, into)


def test_origins_are_compared_in_one_spelling() -> None:
    assert addresses.origin_of("HTTPS://Example.ORG:443/v1?x") == "https://example.org"
    assert addresses.origin_of("http://[::1]:9000/") == "http://[::1]:9000"
