"""`manage.py up` as a whole: it comes up, keeps its children alive, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import Stack


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, stack_template: Path) -> Iterator[Stack]:
    one = Stack(tmp_path_factory.mktemp("up") / "data")
    one.prepare(stack_template)
    one.start()
    yield one
    one.destroy()


def test_it_leaves_nothing_behind_and_shows_the_admin_at_the_first_start_only(stack: Stack) -> None:
    stack.start(ready=False)

    status, seconds = stack.stop()

    assert status == 0
    assert seconds < 10
    stack.wait_until_gone()
    shown = stack.output()
    assert "password" in shown
    assert stack.base_url.rpartition(":")[2] in shown
    stack.log.unlink()
    stack.start(ready=False)
    assert "password" not in stack.output()


def test_a_second_one_on_the_same_data_folder_refuses_in_one_sentence(running: Stack) -> None:
    assert "already runs" in running.refusal("up", "--port", "0")


def test_every_process_of_the_queue_is_forked_by_its_head(running: Stack) -> None:
    """So they share what it has loaded, and none is there only to wait for another."""
    (head,) = running.processes("queue")

    parents = {process.ppid() for process in running.processes("worker")}

    assert parents == {head.pid}
