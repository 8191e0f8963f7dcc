"""The same stack on a real Postgres: nothing but `DATABASE_URL` is different."""

from __future__ import annotations

from tests.stack import Stack


def test_it_comes_up_on_postgres_and_ends_cleanly(stack_on_postgres: Stack) -> None:
    stack = stack_on_postgres
    stack.start()
    token = stack.token(admin=True)

    status, seconds = stack.stop()

    assert token
    assert status == 0
    assert seconds < 10
    stack.wait_until_gone()
