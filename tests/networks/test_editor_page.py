"""What the ring editor shows, and to whom."""

from __future__ import annotations

import re

from django.test import Client
from pytest_django import Settings

from invocations.models import Run
from networks.models import Network
from platforms.registry import all_models, get_platform
from tests.networks.editor_client import draft_models, etag, send
from tests.people import REWRITE, TO_IMAGE, Work, html_of


def test_a_model_that_is_gone_is_shown_and_can_be_replaced(
    owner: Client, network: Network, path: str
) -> None:
    Network.objects.filter(pk=network.pk).update(slots=[{"model": "gone:away"}])
    network.refresh_from_db()

    page = html_of(owner.get(path))
    send(owner, path, "replace 0", model="local:rewriter")

    assert "gone:away" in page
    assert "No platform offers this model any more. Replace or remove it." in page
    assert draft_models(network) == ["local:rewriter"]


def test_hidden_models_are_offered_with_debug_only(
    owner: Client, path: str, settings: Settings
) -> None:
    hidden = html_of(owner.get(path))
    settings.DEBUG = True
    shown = html_of(owner.get(path))

    assert f'value="{TO_IMAGE}"' not in hidden
    assert f'value="{TO_IMAGE}"' in shown


def test_deprecated_models_are_offered_only_where_the_ring_has_them(
    owner: Client, network: Network, path: str
) -> None:
    old = next(model for model in all_models() if model.deprecated)

    before = html_of(owner.get(path))
    send(owner, path, "add", model=old.id)
    after = html_of(owner.get(path))

    assert f'option value="{old.id}"' not in before
    assert f'option value="{old.id}"' in after


def test_the_list_says_what_fits_where_the_next_model_goes(owner: Client, path: str) -> None:
    send(owner, path, "add", model=TO_IMAGE)

    page = html_of(owner.get(path, {"at": "2"}))
    inside = html_of(owner.get(path, {"at": "1"}))
    replacing = html_of(owner.get(path, {"replace": "1"}))

    assert "Do not fit here, where image comes in" in page
    assert "Do not fit here, where text comes in" in inside
    assert 'value="replace 1"' in replacing


def test_without_a_script_the_page_comes_anew_and_says_what_was_done(
    owner: Client, network: Network, path: str
) -> None:
    form = {"do": "add", "model": TO_IMAGE, "seen": etag(owner, path)}

    answer = owner.post(path, form, follow=True)
    late = owner.post(path, form)

    assert answer.redirect_chain[0][0].startswith(path)
    assert "“Dummy text to image” added as slot 2" in html_of(answer)
    assert late.status_code == 409
    assert "Do it all the same" in html_of(late)
    assert "<main" in html_of(late)


def test_saved_runnable_and_running_are_said_with_the_reason(
    owner: Client, network: Network, path: str, settings: Settings
) -> None:
    settings.PLATFORM_KEYS = {}
    fine = html_of(owner.get(path))
    chat = next(one for one in get_platform("openai").models() if one.input is one.output)
    send(owner, path, "replace 0", model=chat.id)
    draft = html_of(owner.get(path))

    assert ">Saved<" in fine
    assert ">Runnable<" in fine
    assert ">Not running<" in fine
    assert ">Not saved<" in draft
    assert "OpenAI needs a key (OPENAI_API_KEY)" in draft


def test_a_running_network_says_what_an_edit_means_for_it(
    owner: Client, network: Network, path: str, run: object
) -> None:
    page = html_of(owner.get(path))

    assert ">Running<" in page
    assert "what is saved holds from the next run on" in page


def test_a_lap_is_forecast_for_the_draft(owner: Client, network: Network, path: str) -> None:
    send(owner, path, "replace 0", model="local:rewriter")

    assert re.search(r"about [\d.]+ s a lap", html_of(owner.get(path)))


def test_others_can_neither_look_nor_touch(
    other: Client, collaborator: Client, stranger: Client, network: Network, path: str
) -> None:
    form = {"do": "remove 0", "seen": "0-x"}

    assert other.post(path, form).status_code == 404
    assert collaborator.post(path, form).status_code == 403
    assert stranger.post(path, form).status_code == 302
    assert draft_models(network) == [REWRITE]


def test_a_name_leads_right_into_the_editor(alice: object, owner: Client) -> None:
    answer = owner.post("/networks/new/", {"name": "Horses"}, follow=True)

    assert answer.redirect_chain == [("/n/horses/edit/", 302)]
    assert "No models yet" in html_of(answer)


def test_a_model_whose_texts_were_cut_off_is_marked(
    owner: Client, network: Network, run: Run, work: Work, path: str
) -> None:
    send(owner, path, "add", model=REWRITE)
    whole = html_of(owner.get(path))

    work(run, "it ended in the mid", truncated=True)
    work(run, "a whole sentence")
    page = html_of(owner.get(path))

    assert "limit of tokens" not in whole
    assert "1 of its newest texts here was cut off at its limit of tokens." in page
