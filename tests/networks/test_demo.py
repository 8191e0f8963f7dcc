"""The demo networks: complete, idempotent, and never in the way of what people made."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django import Settings

from accounts.models import User
from lib import markdown
from networks import changes, demo, rings
from networks.demo_networks import DEMOS, Demo
from networks.models import Network
from platforms import local_catalogue


def _seed() -> str:
    said = StringIO()
    call_command("seed_demo", stdout=said)
    return said.getvalue()


@pytest.mark.parametrize("one", DEMOS, ids=lambda one: one.name)
def test_every_ring_closes_and_has_something_to_say(one: Demo) -> None:
    slots = [rings.Slot.from_json(slot) for slot in one.slots]

    assert rings.order_problems(slots) == []
    assert len(set(one.attract_prompts)) >= 5
    assert len(markdown.render_tile(one.description).plain) > 150


def test_there_are_at_least_five_and_two_sound() -> None:
    sounding = [one for one in DEMOS if "synth" in one.ring and not one.extra]

    assert len(DEMOS) >= 5
    assert len(sounding) >= 2
    assert any("painter" in one.ring for one in sounding)


def test_they_are_public_open_and_the_first_admins(db: None) -> None:
    first = User.objects.create_superuser("root@example.org")
    User.objects.create_superuser("second@example.org")

    _seed()

    made = Network.objects.all()
    assert len(made) == len([one for one in DEMOS if one.is_free and not one.extra])
    assert all(one.public and one.open_terminal and one.owner_id == first.pk for one in made)
    assert [one.featured for one in made].count(True) == 1


def test_the_one_that_is_featured_can_run(db: None) -> None:
    _seed()

    assert Network.objects.get(featured=True).problems() == []


def test_seeding_again_changes_nothing_that_people_changed(db: None) -> None:
    _seed()
    Network.objects.filter(slug="telephone").update(name="Mine now", public=False, slots=[])
    before = list(Network.objects.order_by("pk").values())

    said = _seed()

    assert "are there" in said
    assert list(Network.objects.order_by("pk").values()) == before


def test_a_network_of_somebody_else_under_the_same_address_is_left_alone(db: None) -> None:
    alice = User.objects.create_user("alice@example.org")
    Network.create(alice, name="Telephone")

    _seed()

    assert Network.objects.get(slug="telephone").owner == alice
    assert Network.objects.filter(name="Telephone").count() == 1


def test_what_costs_money_is_made_when_there_is_a_key_and_once(
    db: None, settings: Settings
) -> None:
    _seed()
    assert not Network.objects.filter(slug="finetune-friday").exists()
    settings.PLATFORM_KEYS = {"REPLICATE_API_TOKEN": "r8_secret"}

    said = _seed()
    again = _seed()

    friday = Network.objects.get(slug="finetune-friday")
    assert "Finetune Friday" in said
    assert "are there" in again
    assert friday.problems() == []
    assert friday.public
    assert not friday.open_terminal
    assert not friday.featured
    assert friday.budgets["usd_per_day"] == 2.0


def test_a_demo_that_was_renamed_is_not_made_again(root: User, db: None) -> None:
    demo.seed(root)
    network = Network.objects.get(slug="telephone")
    changes.change_address(network=network, slug="whispering", by=root)

    demo.seed(root)

    assert Network.objects.filter(name=network.name).count() == 1


def test_what_needs_an_extra_waits_for_it_and_says_so(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = _seed()
    without = set(Network.objects.values_list("name", flat=True))
    for entry in local_catalogue.ENTRIES:
        monkeypatch.setitem(
            local_catalogue.BY_ID, entry.model.id, replace(entry, packages=(), weights=())
        )

    again = _seed()

    made = set(Network.objects.values_list("name", flat=True)) - without
    assert made == {one.name for one in DEMOS if one.extra}
    assert "Cocktail Party" in said
    assert "`make setup EXTRAS=local`" in said
    assert "make setup" not in again


def test_the_rapid_one_waits_for_nothing(db: None) -> None:
    _seed()

    rapid = Network.objects.get(slug="rapid-fire-images-and-words")
    assert rapid.pacing == [{"until_seconds": None, "delay_seconds": 0}]
