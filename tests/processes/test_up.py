"""`manage.py up` as a whole: it comes up, keeps its children alive, and leaves nothing behind."""

from __future__ import annotations

from tests.stack import Stack


def test_it_ends_within_ten_seconds_of_sigterm_and_leaves_nothing(stack: Stack) -> None:
    stack.start(ready=False)

    status, seconds = stack.stop()

    assert status == 0
    assert seconds < 10
    stack.wait_until_gone()


def test_a_second_one_on_the_same_data_folder_refuses_in_one_sentence(stack: Stack) -> None:
    stack.start(ready=False)

    assert "already runs" in stack.refusal("up", "--port", "0")


def test_the_first_start_shows_the_admin_and_later_ones_do_not(stack: Stack) -> None:
    stack.start(ready=False)
    stack.stop()
    shown = stack.output()
    stack.log.unlink()
    stack.start(ready=False)

    assert "password" in shown
    assert stack.base_url.rpartition(":")[2] in shown
    assert "password" not in stack.output()


def test_every_process_of_the_queue_is_forked_by_its_head(stack: Stack) -> None:
    """So they share what it has loaded, and none is there only to wait for another."""
    stack.start()
    (head,) = stack.processes("queue")

    parents = {process.ppid() for process in stack.processes("worker")}

    assert parents == {head.pid}
