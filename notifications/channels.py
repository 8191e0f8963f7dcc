"""What people do with channels: make, change, delete and test them.

The audit log says who did what, to which channel by its name; the address is nowhere in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import AuditEntry, User
from lib.validation import Invalid, is_blank, is_legible, raise_invalid

from . import addresses, sender
from .addresses import AddressRefused
from .models import Channel, DeliveryReport
from .models.channel import MAX_DIGEST_MINUTES, OWN_EMAIL
from .models.delivery import PROBLEMS
from .occasions import SELECTABLE, Level, Occasion
from .texts import MessageText

MAX_CHANNELS = 20  # of one person
MAX_NAME = 60
DEFAULT_OCCASIONS = tuple(str(one) for one in SELECTABLE)


class ChannelFields(TypedDict, total=False):
    """What can be set on a channel besides its name. What is not given, or None, stays as it is."""

    address: str | None  # "": its owner's e-mail
    occasions: Sequence[str]
    digest_minutes: int
    enabled: bool
    everything: bool
    private_allowed: bool
    language: str | None  # of a new one that is given none: what its owner reads


def add(*, owner: User, name: str, **given: Unpack[ChannelFields]) -> Channel:
    """A new channel of theirs; without an address it is their e-mail. Raises Invalid."""
    raise_invalid(_problems(name, given, owner=owner, by=owner))
    usual = {"occasions": list(DEFAULT_OCCASIONS), "language": get_language() or ""}
    fields = usual | _columns(name, given)
    private_allowed = bool(given.get("private_allowed"))
    address, fields["service"] = _read(given.get("address") or "", private_allowed=private_allowed)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=owner.pk)  # two at a time are counted one by one
        if Channel.objects.filter(owner=owner).count() >= MAX_CHANNELS:
            raise Invalid({"name": _("You have %d channels; delete one first.") % MAX_CHANNELS})
        made = Channel.add(owner, address=address, **fields)
        AuditEntry.record(owner, "channel.added", made.name)
    return made


def change(
    channel: Channel, *, by: User, name: str | None = None, **given: Unpack[ChannelFields]
) -> Channel:
    """All that is given, or, where anything of it is wrong, nothing. An admin's leave for private
    addresses ends when somebody else puts in another address. Raises Invalid."""
    raise_invalid(_problems(name, given, owner=channel.owner, by=by, channel=channel))
    fields, address = _columns(name, given), given.get("address")
    if address is not None:
        if not by.is_admin:
            fields["private_allowed"] = False
        allowed = bool(fields.get("private_allowed", channel.private_allowed))
        address, fields["service"] = _read(address, private_allowed=allowed)
    with transaction.atomic():
        channel.change(address=address, **fields)
        AuditEntry.record(by, "channel.changed", channel.name)
    return channel


def delete(channel: Channel, *, by: User) -> None:
    """With what waits for it."""
    with transaction.atomic():
        AuditEntry.record(by, "channel.deleted", channel.name)
        channel.delete()


def send_test(channel: Channel) -> None:
    """A worker sends it within seconds, whatever else waits; one at a time. Raises Invalid."""
    if not channel.enabled:
        raise Invalid({"enabled": _("It is switched off: switch it on first.")})
    if not channel.notifications.waiting().tests().exists():
        channel.put(Occasion.TEST, at=timezone.now())


def _columns(name: str | None, given: ChannelFields) -> dict[str, Any]:
    """What is given, as it is stored; without the address."""
    fields = {"name": None if name is None else name.strip(), **given}
    fields.pop("address", None)
    if (occasions := given.get("occasions")) is not None:
        fields["occasions"] = [one for one in DEFAULT_OCCASIONS if one in occasions]
    return {key: value for key, value in fields.items() if value is not None}


def _problems(
    name: str | None,
    given: ChannelFields,
    *,
    owner: User,
    by: User,
    channel: Channel | None = None,
) -> dict[str, str]:
    """By field; "" where nothing is wrong with it. What the channel has already may stay."""
    errors = {"name": "" if name is None else _name_problem(name)}
    errors["language"] = _language_problem(given.get("language"))
    occasions, minutes = given.get("occasions"), given.get("digest_minutes")
    if occasions is not None and not (occasions and set(occasions) <= set(DEFAULT_OCCASIONS)):
        known = ", ".join(DEFAULT_OCCASIONS)
        errors["occasions"] = _("Choose at least one of: %(known)s.") % {"known": known}
    if minutes is not None and not 1 <= minutes <= MAX_DIGEST_MINUTES:
        errors["digest_minutes"] = _("From 1 to %d minutes.") % MAX_DIGEST_MINUTES
    if _asks("everything", given, channel) and not (by.is_admin and owner.is_superuser):
        errors["everything"] = _("Only admins hear of everything.")
    if _asks("private_allowed", given, channel) and not by.is_admin:
        errors["private_allowed"] = _("Only an admin may allow this.")
    return errors


def _asks(name: str, given: Mapping[str, object], channel: Channel | None) -> bool:
    """Whether that is to be switched on that is off."""
    return bool(given.get(name)) and not getattr(channel, name, False)


def _name_problem(name: str) -> str:
    if is_blank(name) or len(name.strip()) > MAX_NAME or not is_legible(name) or "\n" in name:
        return _("A name has 1 to %d characters.") % MAX_NAME
    return ""


def _language_problem(code: str | None) -> str:
    languages = dict(settings.LANGUAGES)
    if code is None or code in languages:
        return ""
    return _("One of: %(known)s.") % {"known": ", ".join(languages)}


def _read(text: str, *, private_allowed: bool) -> tuple[str, str]:
    """The address as it is kept, and its service. Asks a process whether it can be sent to, which
    resolves its name; nothing is sent. Raises Invalid."""
    if not text.strip():
        if not settings.EMAIL_URL:
            raise Invalid({"address": _("Where to? This installation sends no e-mail.")})
        return "", OWN_EMAIL
    try:
        address, service = addresses.read_address(text)
        private = addresses.is_plainly_private(address) and not private_allowed
    except AddressRefused as refused:
        raise Invalid({"address": str(refused)}) from None
    if private:
        raise Invalid({"address": str(PROBLEMS["private"])})
    nothing = MessageText("", "", Level.INFO)
    found = sender.prepare_address(address, nothing, private_allowed=private_allowed)
    if isinstance(found, DeliveryReport):
        raise Invalid({"address": str(PROBLEMS[found.problem])})
    found.discard()
    return address, service
