"""The ring editor as plain forms: every command, and nothing lost or overwritten."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from networks.drafts import Draft
from networks.models import Network
from tests.networks.desk import do, drafted, mark, saved
from tests.pages.cast import REWRITE, TO_IMAGE, TO_TEXT, words

SOUND = "dummy:image-to-audio"


def test_a_draft_is_kept_apart_until_it_is_saved(
    owner: Client, network: Network, path: str
) -> None:
    do(owner, path, "add", model=TO_IMAGE)
    do(owner, path, "add", model=TO_TEXT)
    before = saved(network)
    answer = do(owner, path, "save")

    assert before == [REWRITE]
    assert answer.status_code == 200
    assert saved(network) == [REWRITE, TO_IMAGE, TO_TEXT]
    assert not Draft.of(network).dirty


def test_a_ring_that_does_not_close_is_not_saved_and_says_every_problem(
    owner: Client, network: Network, path: str
) -> None:
    do(owner, path, "add", model=TO_IMAGE)
    do(owner, path, "add", model=TO_IMAGE)

    answer = do(owner, path, "save")

    assert answer.status_code == 422
    assert "the draft is kept" in words(answer)
    assert "gives image, but “Dummy text to image” takes text" in words(answer)
    assert "The ring does not close" in words(answer)
    assert saved(network) == [REWRITE]
    assert drafted(network) == [REWRITE, TO_IMAGE, TO_IMAGE]


def test_a_saved_ring_cannot_be_emptied(owner: Client, network: Network, path: str) -> None:
    do(owner, path, "remove 0")

    answer = do(owner, path, "save")

    assert answer.status_code == 422
    assert "The ring is empty" in words(answer)
    assert saved(network) == [REWRITE]


def test_a_mismatch_is_bridged_with_one_button(owner: Client, network: Network, path: str) -> None:
    answer = do(owner, path, "add", model=TO_IMAGE)
    assert "Bridge with Tagger" in words(answer)

    do(owner, path, "bridge 2 local:tagger")
    do(owner, path, "add", model=SOUND, at="2")
    do(owner, path, "bridge 3 dummy:audio-to-image")

    assert drafted(network) == [REWRITE, TO_IMAGE, SOUND, "dummy:audio-to-image", "local:tagger"]


@pytest.mark.parametrize(
    ("command", "fields", "ring"),
    [
        ("move 0 2", {}, [TO_IMAGE, TO_TEXT, REWRITE]),
        ("remove 1", {}, [REWRITE, TO_TEXT]),
        ("duplicate 0", {}, [REWRITE, REWRITE, TO_IMAGE, TO_TEXT]),
        ("replace 1", {"model": SOUND}, [REWRITE, SOUND, TO_TEXT]),
        ("add", {"model": SOUND, "at": "0"}, [SOUND, REWRITE, TO_IMAGE, TO_TEXT]),
        ("add", {"model": SOUND, "at": ""}, [REWRITE, TO_IMAGE, TO_TEXT, SOUND]),
        ("begin Whispers", {}, ["local:synth", "local:listener"]),
    ],
)
def test_what_is_done_can_be_undone_and_redone(
    owner: Client, network: Network, path: str, command: str, fields: Any, ring: list[str]
) -> None:
    three = [{"model": one} for one in (REWRITE, TO_IMAGE, TO_TEXT)]
    Network.objects.filter(pk=network.pk).update(slots=three)
    network.refresh_from_db()

    do(owner, path, command, **fields)
    done = drafted(network)
    undo = do(owner, path, "undo")
    undone = drafted(network)
    do(owner, path, "redo")

    assert done == ring
    assert "Undone:" in words(undo)
    assert undone == [REWRITE, TO_IMAGE, TO_TEXT]
    assert drafted(network) == ring


def test_a_discarded_draft_can_be_brought_back(owner: Client, network: Network, path: str) -> None:
    do(owner, path, "add", model=TO_IMAGE)

    do(owner, path, "discard")
    discarded = drafted(network)
    do(owner, path, "undo")

    assert discarded == [REWRITE]
    assert drafted(network) == [REWRITE, TO_IMAGE]


def test_the_later_of_two_windows_is_told_and_overwrites_nothing(
    owner: Client, network: Network, path: str
) -> None:
    seen = mark(owner, path)
    do(owner, path, "add", model=TO_IMAGE, seen=seen)

    late = do(owner, path, "remove 0", seen=seen)

    assert late.status_code == 409
    assert "changed in another window" in words(late)
    assert "“Dummy text to text” removed from slot 0." in words(late)  # what it would be now
    assert 'value="remove 0"' in words(late)  # to do it all the same
    assert drafted(network) == [REWRITE, TO_IMAGE]


def test_somebody_else_is_named(owner: Client, admin: Client, network: Network, path: str) -> None:
    seen = mark(owner, path)
    do(admin, path, "add", model=TO_IMAGE)

    late = do(owner, path, "undo", seen=seen)

    assert "root@example.org changed the ring meanwhile" in words(late)


def test_a_command_whose_answer_was_lost_is_done_once(
    owner: Client, network: Network, path: str
) -> None:
    seen = mark(owner, path)

    first = do(owner, path, "add", model=TO_IMAGE, seen=seen, key="k1")
    again = do(owner, path, "add", model=TO_IMAGE, seen=seen, key="k1")

    assert (first.status_code, again.status_code) == (200, 200)
    assert drafted(network) == [REWRITE, TO_IMAGE]


def test_a_draft_without_changes_follows_the_ring_that_is_saved_elsewhere(
    owner: Client, network: Network, path: str
) -> None:
    do(owner, path, "add", model=REWRITE)
    do(owner, path, "save")
    seen = mark(owner, path)

    Network.objects.filter(pk=network.pk).update(slots=[{"model": "local:rewriter"}])
    network.refresh_from_db()
    late = do(owner, path, "remove 0", seen=seen)

    assert late.status_code == 409
    assert drafted(network) == ["local:rewriter"]


def test_a_ring_that_was_saved_elsewhere_is_not_overwritten_unasked(
    owner: Client, network: Network, path: str
) -> None:
    do(owner, path, "add", model=REWRITE)
    Network.objects.filter(pk=network.pk).update(slots=[{"model": "local:rewriter"}])
    network.refresh_from_db()

    refused = do(owner, path, "save")
    kept = saved(network)
    do(owner, path, "save", over="yes")

    assert refused.status_code == 422
    assert "Save over it" in words(refused)
    assert kept == ["local:rewriter"]
    assert saved(network) == [REWRITE, REWRITE]


def test_settings_are_kept_checked_and_explained(
    owner: Client, network: Network, path: str
) -> None:
    wrong = do(owner, path, "configure 0", **{"p.delay_seconds": "long", "p.noop": "on"})
    refused = do(owner, path, "save")
    kept = Draft.of(network).ring[0]
    do(owner, path, "configure 0", **{"p.delay_seconds": "2.5", "fallback": "local:rewriter"})
    do(owner, path, "save")

    assert "Delay in seconds must be of type number" in words(wrong)
    assert 'value="long"' in words(wrong)
    assert refused.status_code == 422
    assert dict(kept.parameters) == {"delay_seconds": "long", "noop": True}
    network.refresh_from_db()
    assert network.slots == [
        {"model": REWRITE, "parameters": {"delay_seconds": 2.5}, "fallback": "local:rewriter"}
    ]


@pytest.mark.parametrize(
    "command",
    [
        *("", "fly", "remove", "remove x", "remove 99", "move 0 -1", "move 0", "undo", "redo"),
        *("bridge 0", "bridge 0 no:model", "add", "replace 0", "configure 9", "begin x"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    owner: Client, network: Network, path: str, command: str
) -> None:
    answer = do(owner, path, command)

    assert answer.status_code == 422
    assert re.search(r"editor-refused\">\s*<p>[^<]+[.!]", words(answer))
    assert drafted(network) == [REWRITE]


def test_control_characters_are_refused(owner: Client, network: Network, path: str) -> None:
    answer = do(owner, path, "configure 0", **{"p.fail": "a\0b"})

    assert answer.status_code == 422
    assert drafted(network) == [REWRITE]


def test_a_ring_has_a_hundred_slots_at_most(owner: Client, network: Network, path: str) -> None:
    Network.objects.filter(pk=network.pk).update(slots=[{"model": REWRITE}] * 100)
    network.refresh_from_db()

    answer = do(owner, path, "duplicate 0")

    assert answer.status_code == 422
    assert "At most 100 slots" in words(answer)
