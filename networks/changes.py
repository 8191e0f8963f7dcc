"""Creating and changing a network: all that was asked for, or, where anything of it is wrong, nothing."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext, gettext_noop

from accounts.models import AuditEntry, User
from lib.validation import Invalid

from . import rings
from .api.schemas import FIXED, NetworkChange, NetworkIn
from .fields import FIELDS
from .hooks import hooks
from .models import Network

NEVER_CHANGES = gettext_noop("This never changes.")
SLUG_TAKEN = gettext_noop("This address is not free. Choose another one.")


def checked(
    network: Network, values: Mapping[str, Any], ring: Sequence[rings.Slot] | None = None
) -> dict[str, Any]:
    """The columns to set on `network`, from values as the API takes them; `ring` is None where it is
    not to be set. Raises Invalid with everything that is wrong."""
    plain = [field for field in FIELDS if field.is_plain]
    given = {one.name: one.normalize(values[one.name]) for one in plain if one.name in values}
    merged = ChainMap(given, {field.name: getattr(network, field.name) for field in plain})
    errors = {
        field.name: sentence
        for field in plain
        if given.keys() & {field.name, *field.depends_on}
        and (sentence := field.problem(merged[field.name], merged))
    }
    problems = rings.ring_problems(ring) if ring is not None else []
    if errors or problems:
        raise Invalid(errors, problems)
    if ring is not None:
        given["slots"] = [slot.as_json() for slot in ring]
    return given


def create_from_api(*, owner: User, body: NetworkIn) -> Network:
    """Raises Invalid."""
    given = body.model_fields_set
    if wrong := dict.fromkeys(given & FIXED, gettext("The server chooses this.")):
        raise Invalid(wrong)
    values = checked(Network(), body.values, body.ring or None)
    with transaction.atomic():
        made = create(owner=owner, name=values.pop("name"), fields=values)
        if "slug" in given:
            change_address(network=made, slug=body.slug, by=owner)
        if body.archived:
            hooks.archive(made, owner)
    return made


def change_from_api(*, network: Network, body: NetworkChange, by: User | None) -> Network:
    """Raises Invalid."""
    given = body.model_fields_set
    wrong = {}
    if "id" in given and body.id != network.public_id:
        wrong["id"] = gettext(NEVER_CHANGES)
    if "created_at" in given and not _is_created_at(network, body):
        wrong["created_at"] = gettext(NEVER_CHANGES)
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
        columns = checked(network, values, ring)
        for name, value in columns.items():
            # Of an object (the budgets), only the entries that are named are changed.
            is_object = isinstance(value, Mapping)
            setattr(network, name, {**getattr(network, name), **value} if is_object else value)
        if columns:
            network.save(update_fields=list(columns))
        if slug is not None:
            change_address(network=network, slug=slug, by=by)
        if archived is not None and archived != network.archived:
            if archived:
                hooks.archive(network, by)
            else:
                unarchive(network=network, by=by)
    return network


def create(*, owner: User, name: str, fields: Mapping[str, Any]) -> Network:
    """Two who choose the same name at the same moment both get an address."""
    try:
        with transaction.atomic():
            return Network.create(owner, name=name, **fields)
    except IntegrityError:
        return Network.create(owner, name=name, **fields)


def duplicate(*, network: Network, owner: User, name: str = "") -> Network:
    """A copy of one's own of a network that one sees: private, and nothing has run on it. What only
    those who control it know goes to them alone."""
    can_control = network.may_control(owner)
    fields = {
        field.name: getattr(network, field.name)
        for field in FIELDS
        if field.is_copied and (can_control or not field.is_private)
    }
    copy_name = gettext("Copy of %(name)s") % {"name": network.name}
    return create(owner=owner, name=name or copy_name[:100], fields=fields)


def change_address(*, network: Network, slug: str, by: User | None) -> None:
    """Give the network another address; the old one leads to it from now on. Raises Invalid."""
    if slug == network.slug:
        return
    if not slug or len(slug) > 60 or slugify(slug) != slug:
        raise Invalid(
            {
                "slug": gettext(
                    "An address is made of small letters, digits and hyphens, at most 60 of them."
                )
            }
        )
    old = network.slug
    try:
        with transaction.atomic():
            if not Network.is_free(slug, network.owner, network):
                raise Invalid({"slug": gettext(SLUG_TAKEN)})
            network.change_slug(slug)
            AuditEntry.record(by, "network.renamed", f"{old} is {slug} now")
    except IntegrityError:  # somebody took it in this very moment
        network.slug = old
        raise Invalid({"slug": gettext(SLUG_TAKEN)}) from None


def unarchive(*, network: Network, by: User | None) -> None:
    with transaction.atomic():
        if network.set_archived(None):
            AuditEntry.record(by, "network.unarchived", network)


def _is_created_at(network: Network, body: NetworkChange) -> bool:
    """JSON has milliseconds, the database has more."""
    given = body.created_at
    if given is None or given.tzinfo is None:
        return False
    return abs(given - network.created_at) < timedelta(milliseconds=1)
