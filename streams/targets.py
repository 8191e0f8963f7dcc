"""What people do with the targets of a stream: add, change and remove them.

The audit log says who did what, to which target by its name; address and key are nowhere in it.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import AuditEntry, User
from lib.validation import Invalid, is_blank, is_legible, raise_invalid
from networks.models import Network

from .models import StreamTarget
from .waking import wake_host

MAX_TARGETS = 8  # of one network: each is a process
MAX_NAME, MAX_ADDRESS, MAX_KEY = 60, 500, 500
SCHEMES = ("rtmp", "rtmps")


def add(
    *,
    network: Network,
    by: User,
    name: str,
    address: str,
    key: str = "",
    enabled: bool = True,
    private_allowed: bool = False,
) -> StreamTarget:
    """A further server that the stream is sent to. Raises Invalid."""
    raise_invalid(_problems(by, name, address, key, private_allowed))
    with transaction.atomic():
        Network.objects.select_for_update().get(pk=network.pk)  # two at a time are counted in turn
        if network.stream_targets.count() >= MAX_TARGETS:
            raise Invalid({"name": _("There are %d targets; remove one first.") % MAX_TARGETS})
        made = StreamTarget.add(
            network,
            name=name.strip(),
            address=address.strip(),
            key=key.strip(),
            host=_host_of(address),
            enabled=enabled,
            private_allowed=private_allowed,
        )
        AuditEntry.record(by, "stream.target_added", f"{made.name} of {network}")
        transaction.on_commit(wake_host)
    return made


def change(
    *,
    target: StreamTarget,
    by: User,
    name: str | None = None,
    address: str | None = None,
    key: str | None = None,
    enabled: bool | None = None,
    private_allowed: bool | None = None,
) -> StreamTarget:
    """All that is given, or, where anything of it is wrong, nothing. An address that an admin let lead
    into the own network is not changed by others without that. Raises Invalid."""
    raise_invalid(_problems(by, name, address, key, bool(private_allowed)))
    fields: dict[str, object] = {}
    if name is not None:
        fields["name"] = name.strip()
    if enabled is not None:
        fields["enabled"] = enabled
    if address is not None:
        fields |= {"host": _host_of(address), "private_allowed": by.is_admin and private_allowed}
    elif private_allowed is not None:
        fields["private_allowed"] = private_allowed
    with transaction.atomic():
        target.change(
            address=address.strip() if address is not None else None,
            key=key.strip() if key is not None else None,
            **{name: value for name, value in fields.items() if value is not None},
        )
        AuditEntry.record(by, "stream.target_changed", f"{target.name} of {target.network}")
        transaction.on_commit(wake_host)
    return target


def remove(*, target: StreamTarget, by: User) -> None:
    with transaction.atomic():
        AuditEntry.record(by, "stream.target_removed", f"{target.name} of {target.network}")
        target.delete()
        transaction.on_commit(wake_host)


def _problems(
    by: User, name: str | None, address: str | None, key: str | None, private_allowed: bool
) -> dict[str, str]:
    errors = {}
    if name is not None and (is_blank(name) or len(name) > MAX_NAME or not is_legible(name)):
        errors["name"] = _("A name has 1 to %d characters.") % MAX_NAME
    if address is not None:
        errors["address"] = _address_problem(address)
    if key is not None and (len(key) > MAX_KEY or not _is_one_word(key)):
        errors["key"] = _("A stream key is one word of at most %d characters.") % MAX_KEY
    if private_allowed and not by.is_admin:
        errors["private_allowed"] = _("Only an admin may allow that.")
    return errors


def _address_problem(address: str) -> str:
    wrong = _("An address begins with rtmp:// or rtmps://, and names a server and a path.")
    text = address.strip()
    if not text or len(text) > MAX_ADDRESS or not _is_one_word(text):
        return wrong
    try:
        parts = urlsplit(text)
        _port = parts.port
    except ValueError:
        return wrong
    return "" if parts.scheme in SCHEMES and parts.hostname and parts.path.strip("/") else wrong


def _is_one_word(text: str) -> bool:
    return is_legible(text) and text.isprintable() and not any(map(str.isspace, text.strip()))


def _host_of(address: str) -> str:
    return (urlsplit(address.strip()).hostname or "")[:253]
