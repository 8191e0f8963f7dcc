"""What people leave on a run and make of it: ratings, contact sheets, comparisons, branches."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from archive.models import ContactSheet, Rating, ShortAddress
from archive.views import steps
from invocations import runs
from invocations.models import Invocation, Run
from networks.models import Network
from tests.people import REWRITE, TO_IMAGE, TO_TEXT, Work, html_of

EVERYBODY_BUT = {"stranger": 302, "other": 404, "collaborator": 302, "owner": 302, "admin": 302}


def _posted(
    clients: Mapping[str, Client], path: str, data: Mapping[str, object] = {}
) -> dict[str, int]:
    return {who: client.post(path, data).status_code for who, client in clients.items()}


def test_a_person_rates_a_run_once_and_may_think_again(
    owner: Client, collaborator: Client, run: Run, alice: User
) -> None:
    path = reverse("runs:rate", args=[run.public_id])

    owner.post(path, {"stars": "5"})
    owner.post(path, {"stars": "4"})
    collaborator.post(path, {"stars": "1"})
    owner.post(path, {"stars": "nonsense"})

    text = html_of(owner.get(run.get_absolute_url()))
    assert Rating.stars_of(run, alice) == 4
    assert "2.5 of 5 stars" in text
    assert "Your rating" in text
    owner.post(path, {"stars": "0"})
    assert Rating.objects.count() == 1
    assert "1.0 of 5 stars" in html_of(owner.get(run.get_absolute_url()))


def test_whoever_sees_a_run_and_is_signed_in_may_rate_it(
    clients: Mapping[str, Client], run: Run
) -> None:
    path = reverse("runs:rate", args=[run.public_id])

    private = _posted(clients, path, {"stars": "3"})
    Network.objects.update(public=True)
    public = _posted(clients, path, {"stars": "3"})

    assert private == EVERYBODY_BUT
    assert public == {**EVERYBODY_BUT, "other": 302}
    assert Rating.objects.count() == 4


def test_chosen_steps_are_shown_to_whoever_has_the_address(
    clients: Mapping[str, Client], run: Run, work: Work
) -> None:
    for n in range(4):
        work(run, f"frame {n}.", usd=0.123)
    path = reverse("runs:make-contact-sheet", args=[run.public_id])
    chosen = {"step": ["3", "1", "4", "99999", "x"], "title": "Two\x00 of them "}

    answer = clients["collaborator"].post(path, chosen)

    sheet = ContactSheet.objects.get()
    assert answer.headers["Location"] == sheet.get_absolute_url()
    assert (sheet.sequences, sheet.title) == ([1, 3], "Two of them")
    for query in ("", "?wall=1"):
        shown = clients["stranger"].get(sheet.get_absolute_url() + query)
        assert shown.headers["X-Robots-Tag"] == "noindex"
        assert re.findall(r"frame \d", html_of(shown)) == ["frame 1", "frame 3"]
        assert run.get_absolute_url() not in html_of(shown)
        assert "0.12" not in html_of(shown)


def test_contact_sheets_are_made_and_deleted_by_those_who_control(
    clients: Mapping[str, Client], run: Run, work: Work
) -> None:
    work(run)
    path = reverse("runs:make-contact-sheet", args=[run.public_id])

    made = _posted(clients, path, {"step": "0"})
    sheets = list(ContactSheet.objects.all())
    public = {**EVERYBODY_BUT, "other": 403}
    taken = {
        who: client.post(reverse("delete-contact-sheet", args=[sheets[0].public_id])).status_code
        for who, client in clients.items()
        if who in ("stranger", "other")
    }

    assert (made, len(sheets)) == (EVERYBODY_BUT, 3)
    assert taken == {who: public[who] for who in taken}
    clients["owner"].post(reverse("delete-contact-sheet", args=[sheets[0].public_id]))
    assert clients["stranger"].get(sheets[0].get_absolute_url()).status_code == 404


def test_no_contact_sheet_is_made_where_nothing_was_chosen(owner: Client, run: Run) -> None:
    path = reverse("runs:make-contact-sheet", args=[run.public_id])

    answers = [
        owner.post(path, data, follow=True)
        for data in ({}, {"step": "0"}, {"step": list(range(60))})
    ]

    assert ["Choose at least one" in html_of(answer) for answer in answers] == [True, True, False]
    assert "choose fewer" in html_of(answers[2])
    assert not ContactSheet.objects.exists()


def test_a_step_has_a_short_address_for_a_remote(
    clients: Mapping[str, Client], run: Run, work: Work
) -> None:
    step = work(run)
    path = reverse("invocations:shorten", args=[step.public_id])

    made = _posted(clients, path)

    alias = ShortAddress.objects.get()
    typed = clients["stranger"].get(f"/r/{alias.code.upper()}")
    assert made == EVERYBODY_BUT
    assert alias.code.startswith("s")
    assert typed.headers["Location"] == f"{step.get_absolute_url()}?screen=1"
    assert clients["stranger"].get(typed.headers["Location"]).status_code == 404
    assert clients["owner"].get(typed.headers["Location"]).status_code == 200
    assert alias.code in html_of(clients["owner"].get(step.get_absolute_url()))


def test_a_full_screen_leads_to_its_neighbours(owner: Client, run: Run, work: Work) -> None:
    work(run)
    step = work(run)

    text = html_of(owner.get(f"{step.get_absolute_url()}?screen=1"))

    assert re.search(r'rel="prev" href="[^"]+\?screen=1"', text)
    assert re.search(r'rel="next" href="[^"]+\?screen=1"', text)


def test_runs_of_the_same_words_are_laid_beside_each_other(
    owner: Client, stranger: Client, network: Network, run: Run, work: Work
) -> None:
    work(run, "the first time")
    again = runs.start_run(network=network, prompt=run.prompt, at=timezone.now()).run
    for n in range(3):
        work(again, f"the second time, {n}")
    runs.start_run(network=network, prompt="other words", at=timezone.now(), waive_lockout=True)
    path = reverse("runs:compare", args=[run.public_id])

    choice = html_of(owner.get(path))
    both = html_of(owner.get(f"{path}?with={again.public_id}"))

    assert re.findall(r'href="\?with=(\w+)"', choice) == [again.public_id]
    assert both.index("the first time") < both.index("the second time, 0")
    assert "the second time, 2" in both
    assert both.count("It has not come that far") == 2
    assert stranger.get(path).status_code == 404
    assert owner.get(f"{path}?with=nobody").status_code == 404


def test_runs_are_deleted_by_those_who_may_edit(
    clients: Mapping[str, Client], run: Run, work: Work
) -> None:
    work(run)
    path = reverse("runs:delete", args=[run.public_id])

    refused = {
        who: clients[who].post(path).status_code for who in ("stranger", "other", "collaborator")
    }
    answer = clients["owner"].post(path)

    assert refused == {"stranger": 302, "other": 404, "collaborator": 403}
    assert answer.headers["Location"] == reverse("networks:runs", args=[run.network.slug])
    assert not Run.objects.exists()


def test_a_new_run_goes_on_from_a_step(owner: Client, other: Client, run: Run, work: Work) -> None:
    step = work(run, "from here")
    path = reverse("invocations:branch", args=[step.public_id])

    refused = other.post(path)
    answer = owner.post(path)

    branched = Run.objects.newest_first()[0]
    assert refused.status_code == 404
    assert answer.headers["Location"] == run.network.get_absolute_url()
    assert branched.branched_from == step
    assert branched.invocations.get().input_text == "from here"
    assert branched.get_absolute_url() in html_of(owner.get(step.get_absolute_url()))


def test_a_step_is_carried_into_another_network_that_can_take_it(
    owner: Client, alice: User, public: Network, run: Run, work: Work
) -> None:
    step = work(run, "from here")
    fits = Network.create(alice, name="Pictures", slots=[{"model": TO_IMAGE}, {"model": TO_TEXT}])
    empty = Network.create(alice, name="Empty")
    foreign = Network.create(
        User.objects.create_user("eve@example.org"), name="Hers", slots=fits.slots, public=True
    )
    path = reverse("invocations:branch", args=[step.public_id])

    text = html_of(owner.get(step.get_absolute_url()))
    answer = owner.post(path, {"network": fits.slug})
    refused = owner.post(path, {"network": foreign.slug})
    unfit = owner.post(path, {"network": empty.slug}, follow=True)

    assert re.findall(r'<option value="(\S+)"', text) == [public.slug, fits.slug]
    assert answer.headers["Location"] == fits.get_absolute_url()
    assert fits.runs.get().invocations.get().model == TO_IMAGE
    assert refused.status_code == 403
    assert "cannot run" in html_of(unfit)


def test_whoever_may_look_at_a_step_may_take_it_home(
    other: Client, public: Network, run: Run, work: Work
) -> None:
    step = work(run, "found elsewhere")
    bob = User.objects.get(email="bob@example.org")
    home = Network.create(bob, name="Home", slots=[{"model": REWRITE}])

    answer = other.post(
        reverse("invocations:branch", args=[step.public_id]), {"network": home.slug}
    )

    assert answer.headers["Location"] == home.get_absolute_url()
    assert Invocation.objects.get(network=home).input_text == "found elsewhere"


def test_the_choice_of_rings_is_bounded(owner: Client, run: Run, work: Work) -> None:
    step = work(run)

    assert steps.MAX_NETWORKS <= 200
    assert "On the ring of" in html_of(owner.get(step.get_absolute_url()))


def test_those_who_control_see_what_each_attempt_sent(
    owner: Client, stranger: Client, public: Network, run: Run, work: Work
) -> None:
    step = work(run)
    step.attempts.update(parameters={"temperature": 0.7}, reference="abc-123")

    page = html_of(owner.get(step.get_absolute_url()))
    untold = html_of(stranger.get(step.get_absolute_url()))

    assert ("temperature" in page, "abc-123" in page) == (True, True)
    assert ("temperature" in untold, "abc-123" in untold) == (False, False)
