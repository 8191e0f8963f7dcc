"""Every setting of docs/configuration.md in one installation that starts and works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.configured import OF_THE_STACK, VALUES, must_work, of_bucket
from tests.fake_servers.s3 import Bucket, running_bucket
from tests.stack import Stack, documented_settings

# Another server, each: tests/services has them
NOT_HERE = {"DATABASE_URL", "REDIS_URL"}


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with running_bucket() as one:
        yield one


def test_every_documented_setting_has_a_value_that_is_tried() -> None:
    names = documented_settings()

    assert len(names) > 40
    assert len(set(names)) == len(names)
    assert sorted({*VALUES, *OF_THE_STACK}) == sorted(names)


def test_an_installation_with_every_setting_starts_and_works(stack: Stack, bucket: Bucket) -> None:
    here = {name: value for name, value in VALUES.items() if name not in NOT_HERE}
    stack.environment |= here | of_bucket(bucket)

    stack.start()

    must_work(stack)
    assert bucket.keys()
    assert not list((stack.data_dir / "media").rglob("*.png"))
    assert "Traceback" not in stack.output()
