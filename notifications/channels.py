"""What people do with channels: make, change, delete and test them.

The audit log says who did what, to which channel by its name; the address is nowhere in it.
"""

from __future__ import annotations

from collections.abc import Sequence

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
from .models.channel import DIGEST_MINUTES, MAX_DIGEST_MINUTES, OWN_EMAIL
from .models.delivery import PROBLEMS
from .occasions import SELECTABLE, Level, Occasion
from .texts import MessageText

MAX_CHANNELS = 20  # of one person
MAX_NAME = 60
DEFAULT_OCCASIONS = tuple(str(one) for one in SELECTABLE)


def add(
    *,
    owner: User,
    name: str,
    address: str = "",
    occasions: Sequence[str] = DEFAULT_OCCASIONS,
    digest_minutes: int = DIGEST_MINUTES,
    enabled: bool = True,
    everything: bool = False,
    private_allowed: bool = False,
    language: str | None = None,
) -> Channel:
    """A new channel of theirs. Without an address it is their e-mail; its language is the one that they
    read, unless given. Raises Invalid."""
    errors = _problems(owner, owner, name, occasions, digest_minutes, everything, private_allowed)
    raise_invalid(errors | {"language": _language_problem(language)})
    address, service = _read(address, private_allowed=private_allowed)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=owner.pk)  # two at a time are counted one by one
        if Channel.objects.filter(owner=owner).count() >= MAX_CHANNELS:
            raise Invalid({"name": _("You have %d channels; delete one first.") % MAX_CHANNELS})
        made = Channel.add(
            owner,
            address=address,
            name=name.strip(),
            service=service,
            occasions=_in_order(occasions),
            digest_minutes=digest_minutes,
            enabled=enabled,
            everything=everything,
            private_allowed=private_allowed,
            language=language or get_language() or "",
        )
        AuditEntry.record(owner, "channel.added", made.name)
    return made


def change(
    channel: Channel,
    *,
    by: User,
    name: str | None = None,
    address: str | None = None,
    occasions: Sequence[str] | None = None,
    digest_minutes: int | None = None,
    enabled: bool | None = None,
    everything: bool | None = None,
    private_allowed: bool | None = None,
    language: str | None = None,
) -> Channel:
    """All that is given, or, where anything of it is wrong, nothing. An admin's leave for private
    addresses ends when somebody else puts in another address. Raises Invalid."""
    asks_private = bool(private_allowed) and not channel.private_allowed
    asks_everything = bool(everything) and not channel.everything
    errors = _problems(
        channel.owner, by, name, occasions, digest_minutes, asks_everything, asks_private
    )
    raise_invalid(errors | {"language": _language_problem(language)})
    given = {
        "name": None if name is None else name.strip(),
        "occasions": None if occasions is None else _in_order(occasions),
        "digest_minutes": digest_minutes,
        "enabled": enabled,
        "everything": everything,
        "private_allowed": private_allowed,
        "language": language,
    }
    fields = {key: value for key, value in given.items() if value is not None}
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


def _problems(
    owner: User,
    by: User,
    name: str | None,
    occasions: Sequence[str] | None,
    digest_minutes: int | None,
    everything: bool,
    private_allowed: bool,
) -> dict[str, str]:
    """By field; "" where nothing is wrong with it."""
    errors = {"name": "" if name is None else _name_problem(name)}
    if occasions is not None and not (occasions and set(occasions) <= set(DEFAULT_OCCASIONS)):
        known = ", ".join(DEFAULT_OCCASIONS)
        errors["occasions"] = _("Choose at least one of: %(known)s.") % {"known": known}
    if digest_minutes is not None and not 1 <= digest_minutes <= MAX_DIGEST_MINUTES:
        errors["digest_minutes"] = _("From 1 to %d minutes.") % MAX_DIGEST_MINUTES
    if everything and not (by.is_admin and owner.is_superuser):
        errors["everything"] = _("Only admins hear of everything.")
    if private_allowed and not by.is_admin:
        errors["private_allowed"] = _("Only an admin may allow this.")
    return errors


def _name_problem(name: str) -> str:
    if is_blank(name) or len(name.strip()) > MAX_NAME or not is_legible(name) or "\n" in name:
        return _("A name has 1 to %d characters.") % MAX_NAME
    return ""


def _language_problem(code: str | None) -> str:
    languages = dict(settings.LANGUAGES)
    if code is None or code in languages:
        return ""
    return _("One of: %(known)s.") % {"known": ", ".join(languages)}


def _in_order(occasions: Sequence[str]) -> list[str]:
    return [one for one in DEFAULT_OCCASIONS if one in occasions]


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
