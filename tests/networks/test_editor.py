"""The ring editor as plain forms: every command, and nothing lost or overwritten."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from networks.models import Network
from networks.models.draft import Draft
from tests.networks.editor_client import draft_models, etag, saved_models, send
from tests.people import REWRITE, TO_IMAGE, TO_TEXT, html_of

SOUND = "dummy:image-to-audio"


def test_a_draft_is_kept_apart_until_it_is_saved(
    owner: Client, network: Network, path: str
) -> None:
    send(owner, path, "add", model=TO_IMAGE)
    send(owner, path, "add", model=TO_TEXT)
    before = saved_models(network)
    answer = send(owner, path, "save")

    assert before == [REWRITE]
    assert answer.status_code == 200
    assert saved_models(network) == [REWRITE, TO_IMAGE, TO_TEXT]
    assert not Draft.for_network(network).has_changes


def test_a_ring_that_does_not_close_is_not_saved_and_says_every_problem(
    owner: Client, network: Network, path: str
) -> None:
    send(owner, path, "add", model=TO_IMAGE)
    send(owner, path, "add", model=TO_IMAGE)

    answer = send(owner, path, "save")

    assert answer.status_code == 422
    assert "the draft is kept" in html_of(answer)
    assert "gives image, but “Dummy text to image” takes text" in html_of(answer)
    assert "The ring does not close" in html_of(answer)
    assert saved_models(network) == [REWRITE]
    assert draft_models(network) == [REWRITE, TO_IMAGE, TO_IMAGE]


def test_a_saved_ring_cannot_be_emptied(owner: Client, network: Network, path: str) -> None:
    send(owner, path, "remove 0")

    answer = send(owner, path, "save")

    assert answer.status_code == 422
    assert "The ring is empty" in html_of(answer)
    assert saved_models(network) == [REWRITE]


def test_a_mismatch_is_fixed_with_one_button(owner: Client, network: Network, path: str) -> None:
    answer = send(owner, path, "add", model=TO_IMAGE)
    assert "Insert Tagger" in html_of(answer)

    send(owner, path, "connect 2 local:tagger")
    send(owner, path, "add", model=SOUND, at="2")
    send(owner, path, "connect 3 dummy:audio-to-image")

    assert draft_models(network) == [
        REWRITE,
        TO_IMAGE,
        SOUND,
        "dummy:audio-to-image",
        "local:tagger",
    ]


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

    send(owner, path, command, **fields)
    done = draft_models(network)
    undo = send(owner, path, "undo")
    undone = draft_models(network)
    send(owner, path, "redo")

    assert done == ring
    assert "Undone:" in html_of(undo)
    assert undone == [REWRITE, TO_IMAGE, TO_TEXT]
    assert draft_models(network) == ring


def test_a_discarded_draft_can_be_brought_back(owner: Client, network: Network, path: str) -> None:
    send(owner, path, "add", model=TO_IMAGE)

    send(owner, path, "discard")
    discarded = draft_models(network)
    send(owner, path, "undo")

    assert discarded == [REWRITE]
    assert draft_models(network) == [REWRITE, TO_IMAGE]


def test_the_later_of_two_windows_is_told_and_overwrites_nothing(
    owner: Client, network: Network, path: str
) -> None:
    seen = etag(owner, path)
    send(owner, path, "add", model=TO_IMAGE, seen=seen)

    late = send(owner, path, "remove 0", seen=seen)

    assert late.status_code == 409
    assert "changed in another window" in html_of(late)
    assert "“Dummy text to text” removed from slot 1." in html_of(late)  # what it would be now
    assert 'value="remove 0"' in html_of(late)  # to do it all the same
    assert draft_models(network) == [REWRITE, TO_IMAGE]


def test_somebody_else_is_named(owner: Client, admin: Client, network: Network, path: str) -> None:
    seen = etag(owner, path)
    send(admin, path, "add", model=TO_IMAGE)

    late = send(owner, path, "undo", seen=seen)

    assert "root@example.org changed the ring meanwhile" in html_of(late)


def test_a_command_whose_answer_was_lost_is_done_once(
    owner: Client, network: Network, path: str
) -> None:
    seen = etag(owner, path)

    first = send(owner, path, "add", model=TO_IMAGE, seen=seen, key="k1")
    again = send(owner, path, "add", model=TO_IMAGE, seen=seen, key="k1")

    assert (first.status_code, again.status_code) == (200, 200)
    assert draft_models(network) == [REWRITE, TO_IMAGE]


def test_a_draft_without_changes_follows_the_ring_that_is_saved_elsewhere(
    owner: Client, network: Network, path: str
) -> None:
    send(owner, path, "add", model=REWRITE)
    send(owner, path, "save")
    seen = etag(owner, path)

    Network.objects.filter(pk=network.pk).update(slots=[{"model": "local:rewriter"}])
    network.refresh_from_db()
    late = send(owner, path, "remove 0", seen=seen)

    assert late.status_code == 409
    assert draft_models(network) == ["local:rewriter"]


def test_a_ring_that_was_saved_elsewhere_is_not_overwritten_unasked(
    owner: Client, network: Network, path: str
) -> None:
    send(owner, path, "add", model=REWRITE)
    Network.objects.filter(pk=network.pk).update(slots=[{"model": "local:rewriter"}])
    network.refresh_from_db()

    refused = send(owner, path, "save")
    kept = saved_models(network)
    send(owner, path, "save", over="yes")

    assert refused.status_code == 422
    assert "Save over it" in html_of(refused)
    assert kept == ["local:rewriter"]
    assert saved_models(network) == [REWRITE, REWRITE]


def test_settings_are_kept_checked_and_explained(
    owner: Client, network: Network, path: str
) -> None:
    wrong = send(owner, path, "configure 0", **{"p.delay_seconds": "long", "p.noop": "on"})
    refused = send(owner, path, "save")
    kept = Draft.for_network(network).ring[0]
    send(owner, path, "configure 0", **{"p.delay_seconds": "2.5", "fallback": "local:rewriter"})
    send(owner, path, "save")

    assert "Delay in seconds must be of type number" in html_of(wrong)
    assert 'value="long"' in html_of(wrong)
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
        *("connect 0", "connect 0 no:model", "add", "replace 0", "configure 9", "begin x"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    owner: Client, network: Network, path: str, command: str
) -> None:
    answer = send(owner, path, command)

    assert answer.status_code == 422
    assert re.search(r"editor-refused\">\s*<p>[^<]+[.!]", html_of(answer))
    assert draft_models(network) == [REWRITE]


def test_control_characters_are_refused(owner: Client, network: Network, path: str) -> None:
    answer = send(owner, path, "configure 0", **{"p.fail": "a\0b"})

    assert answer.status_code == 422
    assert draft_models(network) == [REWRITE]


def test_a_ring_has_a_hundred_slots_at_most(owner: Client, network: Network, path: str) -> None:
    Network.objects.filter(pk=network.pk).update(slots=[{"model": REWRITE}] * 100)
    network.refresh_from_db()

    answer = send(owner, path, "duplicate 0")

    assert answer.status_code == 422
    assert "At most 100 slots" in html_of(answer)
