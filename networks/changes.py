"""Changing a network: all that was asked for, or, where anything of it is wrong, nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User

from . import fields, rings, upkeep
from .above import above
from .fields import Invalid
from .models import Network
from .schemas import FIXED, NetworkChange, NetworkIn

NEVER = "This never changes."


def change(
    *,
    network: Network,
    values: Mapping[str, Any],
    ring: Sequence[rings.Slot] | None = None,
    slug: str | None = None,
    archived: bool | None = None,
    by: User | None = None,
) -> Network:
    """The network as it is then; a run under way keeps the ring it began with. Raises Invalid."""
    with transaction.atomic():
        # no_key: a start, which refers to the row, must not wait for us while we wait for its latch
        held = Network.objects.select_related("owner").select_for_update(of=("self",), no_key=True)
        network = held.get(pk=network.pk)
        _write(network, dict(values), ring)
        if slug is not None:
            upkeep.rename(network=network, slug=slug, by=by)
        if archived is not None and archived != network.archived:
            if archived:
                above.archive(network, by)
                network.refresh_from_db(fields=["archived_at"])
            else:
                upkeep.unarchive(network=network, by=by)
    return network


def apply(*, network: Network, body: NetworkChange, by: User | None) -> Network:
    """What came over the API. Raises Invalid."""
    given = body.model_fields_set
    wrong = {}
    if "id" in given and body.id != network.public_id:
        wrong["id"] = NEVER
    if "created_at" in given and not _is_moment_of(network, body):
        wrong["created_at"] = NEVER
    if wrong:
        raise Invalid(wrong)
    return change(
        network=network,
        values=body.values,
        ring=body.ring,
        slug=body.slug if "slug" in given else None,
        archived=body.archived if "archived" in given else None,
        by=by,
    )


def create(*, owner: User, body: NetworkIn) -> Network:
    """A new one, as it came over the API. Raises Invalid."""
    given = body.model_fields_set
    if wrong := dict.fromkeys(given & FIXED, "The server chooses this."):
        raise Invalid(wrong)
    values, ring = body.values, body.ring or None
    fields.check(values, ring, prompt_max=body.prompt_max, banned_words=body.banned_words)
    if ring is not None:
        values["slots"] = [slot.as_json() for slot in ring]
    if body.archived:
        values["archived_at"] = timezone.now()
    with transaction.atomic():
        made = upkeep.create(owner=owner, name=values.pop("name"), fields=values)
        if "slug" in given:
            upkeep.rename(network=made, slug=body.slug, by=owner)
    return made


def _is_moment_of(network: Network, body: NetworkChange) -> bool:
    """JSON has milliseconds, the database has more."""
    given = body.created_at
    if given is None or given.tzinfo is None:
        return False
    return abs(given - network.created_at) < timedelta(milliseconds=1)


def _write(network: Network, values: dict[str, Any], ring: Sequence[rings.Slot] | None) -> None:
    checked = dict(values)
    if values.keys() & {"prompt_max", "banned_words"}:  # what was fit so far may be no more
        checked.setdefault("attract_prompts", network.attract_prompts)
    fields.check(
        checked,
        ring,
        prompt_max=values.get("prompt_max", network.prompt_max),
        banned_words=values.get("banned_words", network.banned_words),
    )
    if ring is not None:
        values["slots"] = [slot.as_json() for slot in ring]
    if "budgets" in values:
        values["budgets"] = {**network.budgets, **values["budgets"]}
    for name, value in values.items():
        setattr(network, name, value)
    if values:
        network.save(update_fields=list(values))
