"""What owners do with a network as a whole: rename, copy, archive, usage summary; prompt rules."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.models import AuditEntry, User
from displays.models import Installation
from invocations.models import Invocation, Run, Spending
from networks.models import Network, OldSlug

from .conftest import ApiClient, code, problem

PATH = "networks/whispers"


# Addresses


def test_a_new_address_is_taken_and_the_old_one_leads_there(
    owner: ApiClient, network: Network
) -> None:
    changed = owner.patch(PATH, {"slug": "shouts", "name": "Shouts"})

    assert (changed.status_code, changed.json()["slug"]) == (200, "shouts")
    assert owner.get("networks/shouts").json()["id"] == network.public_id
    assert owner.get(PATH).json()["slug"] == "shouts"
    assert owner.post(f"{PATH}/runs", {"prompt": "still there"}).status_code == 201
    assert owner.patch(PATH, {"lockout_seconds": 3}).json()["slug"] == "shouts"
    assert AuditEntry.objects.get(action="network.renamed").about == "whispers is shouts now"


def test_an_old_address_tells_strangers_nothing(
    owner: ApiClient, stranger: ApiClient, other: ApiClient, network: Network
) -> None:
    owner.patch(PATH, {"slug": "shouts"})

    for caller in (stranger, other):
        assert problem(caller.get(PATH)) == problem(caller.get("networks/no-such-network"))


def test_a_guest_follows_the_network(owner: ApiClient, guest: ApiClient, network: Network) -> None:
    owner.patch(PATH, {"slug": "shouts"})

    assert guest.post(f"{PATH}/runs", {"prompt": "from an old code"}).status_code == 201


def test_an_address_may_be_had_back(owner: ApiClient, network: Network) -> None:
    for slug in ("shouts", "murmurs", "whispers"):
        assert owner.patch(PATH, {"slug": slug}).json()["slug"] == slug

    for slug in ("shouts", "murmurs", "whispers"):
        assert owner.get(f"networks/{slug}").json()["slug"] == "whispers"
    assert set(OldSlug.objects.values_list("slug", flat=True)) == {"shouts", "murmurs"}


def test_nobody_gets_an_address_that_was_somebody_elses(
    owner: ApiClient, other: ApiClient, network: Network
) -> None:
    owner.patch(PATH, {"slug": "shouts"})

    made = other.post("networks", {"name": "Whispers"}).json()
    refused = other.patch(f"networks/{made['slug']}", {"slug": "whispers"})

    assert made["slug"].startswith("whispers-")
    assert code(refused) == (422, "invalid")
    assert "not free" in problem(refused)["errors"]["slug"]
    assert owner.get(PATH).json()["id"] == network.public_id


def test_not_even_once_it_is_deleted_but_its_owner_does(
    owner: ApiClient, other: ApiClient, network: Network
) -> None:
    owner.patch(PATH, {"slug": "shouts"})
    owner.delete("networks/shouts")

    theirs = [
        other.post("networks", {"name": name}).json()["slug"] for name in ("Shouts", "Whispers")
    ]
    mine = [
        owner.post("networks", {"name": name}).json()["slug"] for name in ("Shouts", "Whispers")
    ]

    assert mine == ["shouts", "whispers"]
    assert set(theirs).isdisjoint(mine)


@pytest.mark.parametrize("slug", ["", "new", "With Capitals", "a/b", "x" * 61, "ü", "taken"])
def test_what_is_no_address_is_refused_and_nothing_saved(
    slug: str, owner: ApiClient, network: Network, alice: User
) -> None:
    Network.create(alice, name="taken")

    answer = owner.patch(PATH, {"slug": slug, "name": "Shouts"})

    assert code(answer) == (422, "invalid")
    assert problem(answer)["errors"].keys() == {"slug"}
    assert owner.get(PATH).json()["name"] == "Whispers"


@pytest.mark.parametrize("field", ["id", "created_at"])
def test_what_never_changes_is_not_passed_over_in_silence(
    field: str, owner: ApiClient, network: Network
) -> None:
    given = {"id": "another", "created_at": "2020-01-01T00:00:00Z"}

    changed = owner.patch(PATH, {field: given[field], "name": "Shouts"})
    made = owner.post("networks", {field: given[field], "name": "Shouts"})

    for answer in (changed, made):
        assert problem(answer)["errors"].keys() == {field}
    assert not Network.objects.filter(name="Shouts").exists()


# Copies


def test_a_copy_has_the_ring_and_the_rules_and_nothing_else(
    owner: ApiClient, network: Network, run: Run
) -> None:
    owner.patch(PATH, {"public": True, "lockout_seconds": 7, "banned_words": ["tram"]})

    made = owner.post(f"{PATH}/duplicate")

    body = made.json()
    assert made.status_code == 201
    assert (body["name"], body["slug"]) == ("Copy of Whispers", "copy-of-whispers")
    assert (body["public"], body["running"], body["lockout_seconds"]) == (False, False, 7)
    assert (body["slots"], body["banned_words"]) == (owner.get(PATH).json()["slots"], ["tram"])
    assert owner.get(f"networks/{body['slug']}/runs").json()["items"] == []
    assert owner.get(f"networks/{body['slug']}/collaborators").json()["items"] == []


def test_whoever_sees_a_network_may_copy_it_but_not_what_only_its_people_know(
    owner: ApiClient, other: ApiClient, public: Network
) -> None:
    owner.patch(PATH, {"banned_words": ["tram"]})

    made = other.post(f"{PATH}/duplicate", {"name": "Mine"}).json()

    assert (made["name"], made["banned_words"]) == ("Mine", [])
    assert other.get(PATH).json()["banned_words"] is None
    assert owner.get(f"networks/{made['slug']}").status_code == 404


# The archive


def test_what_is_put_away_stops_and_is_on_no_list(
    owner: ApiClient, network: Network, run: Run
) -> None:
    answer = owner.patch(PATH, {"archived": True})

    run.refresh_from_db()
    assert (answer.json()["archived"], answer.json()["runnable"]) == (True, False)
    assert "in the archive" in answer.json()["problems"][0]
    assert run.state == "stopped"
    assert owner.get("networks").json()["items"] == []
    assert [one["slug"] for one in owner.get("networks", archived=1).json()["items"]] == [
        "whispers"
    ]
    assert code(owner.post(f"{PATH}/runs", {"prompt": "x"})) == (422, "not_runnable")
    assert len(owner.get(f"{PATH}/runs").json()["items"]) == 1


def test_it_comes_back_as_it_was(owner: ApiClient, network: Network) -> None:
    owner.patch(PATH, {"archived": True})

    assert owner.patch(PATH, {"archived": False}).json()["runnable"] is True
    assert len(owner.get("networks").json()["items"]) == 1
    assert owner.post(f"{PATH}/runs", {"prompt": "x"}).status_code == 201
    actions = AuditEntry.objects.filter(action__startswith="network.").order_by("id")
    assert [one.action for one in actions] == ["network.archived", "network.unarchived"]


def test_a_start_that_was_on_its_way_finds_it_put_away(network: Network) -> None:
    from django.utils import timezone

    from invocations import refusals, removal, runs

    stale = Network.objects.select_related("owner").get(pk=network.pk)
    removal.archive_network(network=network, at=timezone.now())

    with pytest.raises(refusals.NotRunnable):
        runs.start_run(network=stale, prompt="too late", at=timezone.now())


# Deleting


def test_what_would_go_is_counted(
    owner: ApiClient, network: Network, run: Run, work: Callable[[Run], Invocation]
) -> None:
    work(run)
    owner.post(f"{PATH}/collaborators", {"email": "dora@example.org"})
    owner.post(f"{PATH}/terminal-tokens")
    Installation.objects.create(network=network, name="Hall").add("wall", "grid", rows=1, columns=2)

    assert owner.get(f"{PATH}/holdings").json() == {
        "runs": 1,
        "steps": 2,
        "media": 0,
        "media_bytes": 0,
        "media_counted": True,
        "installations": 1,
        "displays": 1,
        "terminal_tokens": 1,
        "shares": 1,
        "running": True,
    }


def test_what_was_spent_outlives_the_network(
    owner: ApiClient, network: Network, run: Run, work: Callable[[Run], Invocation]
) -> None:
    work(run)

    owner.delete(PATH)

    assert Spending.objects.get(owner=network.owner).usd == 0.25
    entry = AuditEntry.objects.get(action="network.deleted")
    assert (entry.who, entry.about) == ("alice@example.org", "Whispers (whispers)")


# Prompt rules


def test_a_banned_word_is_refused_in_words_for_visitors(
    owner: ApiClient, guest: ApiClient, network: Network
) -> None:
    owner.patch(PATH, {"banned_words": ["tram", " tram ", "time  table*"]})

    refused = guest.post(f"{PATH}/runs", {"prompt": "Sing me the TRAM"})

    assert owner.get(PATH).json()["banned_words"] == ["tram", "time table*"]
    assert code(refused) == (422, "bad_prompt")
    assert problem(refused)["detail"] == "“tram” is not said here. Please find other words."
    assert guest.post(f"{PATH}/runs", {"prompt": "a trampoline"}).status_code == 201


def test_a_key_of_before_gives_the_run_of_before_whatever_was_banned_since(
    owner: ApiClient, network: Network
) -> None:
    first = owner.post(f"{PATH}/runs", {"prompt": "a tram", "client_key": "k"})
    owner.patch(PATH, {"banned_words": ["tram"]})

    again = owner.post(f"{PATH}/runs", {"prompt": "a tram", "client_key": "k"})

    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])


def test_an_attract_prompt_says_nothing_that_is_banned(owner: ApiClient, network: Network) -> None:
    owner.patch(PATH, {"attract_prompts": ["a tram at night"]})

    answers = [
        owner.patch(PATH, {"banned_words": ["tram"]}),
        owner.patch(PATH, {"banned_words": ["bus"], "attract_prompts": ["the bus"]}),
        owner.post("networks", {"name": "x", "banned_words": ["a"], "attract_prompts": ["a b"]}),
    ]

    for answer in answers:
        assert "is banned here" in problem(answer)["errors"]["attract_prompts"]


def test_networks_are_found_by_their_name(owner: ApiClient, network: Network) -> None:
    owner.post("networks", {"name": "Shouts"})

    assert [one["slug"] for one in owner.get("networks", q="SHOU").json()["items"]] == ["shouts"]
    assert owner.get("networks", q="x" * 101).status_code == 422
