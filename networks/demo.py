"""Making the demo networks: all but one need only this machine, some of them an extra."""

from __future__ import annotations

from django.db import transaction
from django.utils.text import slugify

from accounts.models import User

from .demo_networks import DEMOS, Demo
from .models import Network


def seed(owner: User) -> list[Network]:
    """Make those demo networks that are not there; returns the new ones.

    One whose address exists is left as it is, whatever people have made of it. The home page's
    button is pointed at the first that can run, unless it already leads somewhere. What costs money
    waits until there is a key to run it.
    """
    with transaction.atomic():
        # Lists are newest first, so the first is made last.
        made = [_make(owner, demo) for demo in reversed(DEMOS) if _is_wanted(demo, owner)]
        _feature_one(made)
    return made


def _is_wanted(demo: Demo, owner: User) -> bool:
    if _is_there(demo):
        return False
    is_asked_for = demo.is_free and not demo.extra
    return is_asked_for or not Network(owner=owner, slots=demo.slots).problems()


def waiting(owner: User) -> list[Demo]:
    """Those that an extra is missing for."""
    return [
        demo for demo in DEMOS if demo.extra and not _is_there(demo) and not _is_wanted(demo, owner)
    ]


def _is_there(demo: Demo) -> bool:
    return Network.objects.find_by_slug(slugify(demo.name)) is not None


def _make(owner: User, demo: Demo) -> Network:
    return Network.create(
        owner,
        name=demo.name,
        description=demo.description,
        slots=demo.slots,
        attract_prompts=list(demo.attract_prompts),
        public=True,
        open_terminal=demo.is_free,
        budgets=dict(demo.budgets),
        **({"pacing": [{"until_seconds": None, "delay_seconds": 0}]} if demo.is_rapid else {}),
    )


def _feature_one(made: list[Network]) -> None:
    if not made or Network.objects.filter(public=True, featured=True).exists():
        return
    # False comes first: what anybody may type into, and of that what can run.
    first = min(reversed(made), key=lambda one: (not one.open_terminal, bool(one.problems())))
    first.featured = True
    first.save(update_fields=["featured"])
