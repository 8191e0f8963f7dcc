"""Every setting of docs/configuration.md together, in an installation on Postgres, Redis and S3."""

from __future__ import annotations

import os

import pytest

from tests.configured import VALUES, must_work, of_bucket
from tests.fake_servers.s3 import running_bucket
from tests.stack import Stack

REDIS = os.environ.get("REDIS_URL", "")


def test_an_installation_with_every_setting_starts_and_works(stack_on_postgres: Stack) -> None:
    if not REDIS:
        pytest.skip("REDIS_URL names no server")
    stack = stack_on_postgres
    database = stack.environment["DATABASE_URL"]
    services = {"DATABASE_URL": database, "REDIS_URL": REDIS, "WAKEUP": "redis"}

    with running_bucket() as bucket:
        stack.environment |= VALUES | of_bucket(bucket) | services
        stack.start()

        must_work(stack)

        assert bucket.keys()
    assert "Traceback" not in stack.output()
