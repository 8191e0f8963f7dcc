"""A whole installation, restored from its backup; what takes longer is in `tests/thorough/processes/test_backups.py`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backups.installations import back_up, sums_of
from tests.configured import must_work
from tests.stack import Stack

PASSPHRASE = "a moth in the lamp"


def media_of(stack: Stack) -> dict[str, str]:
    root = stack.data_dir / "media"
    files = (path for path in root.glob("??/??/*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Stack]:
    """Another machine, on which nothing is yet."""
    stack = Stack(tmp_path / "elsewhere")
    stack.data_dir.mkdir()
    yield stack
    stack.destroy()


def test_a_restored_installation_is_the_same(
    stack: Stack, elsewhere: Stack, tmp_path: Path
) -> None:
    words = tmp_path / "passphrase"
    words.write_text(PASSPHRASE)
    stack.start()
    address = must_work(stack)
    with stack.client(stack.token(admin=True)) as client:
        key = client.post(
            "/api/v1/credentials",
            json={"platform": "openai", "secret": "sk-a-key-of-adas", "name": "x"},
        )
    assert key.status_code == 201, key.text
    stack.stop()
    (stack.data_dir / "secret_key").chmod(0o600)

    file = back_up(stack, "--to", str(tmp_path / "kept"), "--passphrase-file", str(words))
    elsewhere.manage("restore", str(file), "--passphrase-file", str(words))

    assert sums_of(elsewhere) == sums_of(stack)
    assert media_of(elsewhere) == media_of(stack) != {}
    for name in ("credential_keys", "secret_key"):
        assert (elsewhere.data_dir / name).read_text() == (stack.data_dir / name).read_text()
    elsewhere.manage("prepare", "--without-weights")
    elsewhere.start()
    with elsewhere.client(elsewhere.token(admin=True)) as client:
        assert client.get(address).status_code == 200
    must_work(elsewhere)
