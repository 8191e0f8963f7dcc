"""Which addresses a channel may have, as text: nothing is resolved or asked here.

An address is one of `apprise` (`ntfy://topic`, `discord://id/token`), or the webhook of a service as the
service shows it (`https://discord.com/api/webhooks/…`); any other http(s) address is a webhook that is
sent JSON. Of the services that `apprise` knows only those below are allowed: others run programs,
write files, or listen. Options that read files of this machine are not allowed either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit

from django.utils.translation import gettext as _

from assets.addresses import is_public
from lib.validation import is_legible

MAX_LENGTH = 2_000

SERVICES: Mapping[str, str] = {
    "mailto": "E-mail",
    "mailtos": "E-mail",
    "json": "Webhook",
    "jsons": "Webhook",
    "matrix": "Matrix",
    "matrixs": "Matrix",
    "discord": "Discord",
    "tgram": "Telegram",
    "ntfy": "ntfy",
    "ntfys": "ntfy",
    "slack": "Slack",
    "workflows": "Microsoft Teams",
    "mmost": "Mattermost",
    "mmosts": "Mattermost",
    "rocket": "Rocket.Chat",
    "rockets": "Rocket.Chat",
    "zulip": "Zulip",
    "gchat": "Google Chat",
    "wxteams": "Webex",
    "nctalk": "Nextcloud Talk",
    "nctalks": "Nextcloud Talk",
    "gotify": "Gotify",
    "gotifys": "Gotify",
    "pover": "Pushover",
    "pbul": "Pushbullet",
    "signal": "Signal",
    "signals": "Signal",
}
EXAMPLES = (
    "ntfys://ntfy.sh/my-topic",
    "https://example.org/webhook",
    "mailtos://user:password@example.org?to=me@example.org",
    "tgram://bot-token/chat-id",
    "matrixs://user:password@matrix.org/#room",
)

# They read files of this machine, fetch what they name, keep files, or wait.
_FORBIDDEN_OPTIONS = {
    *("template", "attach", "attach-as", "pgp", "pgpprv", "pgppub", "wkd", "e2ee", "store"),
    *("retry", "wait", "cto", "rto", "overflow", "redirect", "actions"),
}
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_DISCORD = re.compile(r"/api/webhooks/(\d+)/([\w-]+)/?", re.ASCII)
_SLACK = re.compile(r"/services/(\w+)/(\w+)/(\w+)/?", re.ASCII)


class AddressRefused(ValueError):
    """The address cannot be a channel's; its text says why."""


def read_address(text: str) -> tuple[str, str]:
    """The address as `apprise` takes it, and the name of its service. Raises AddressRefused."""
    address = text.strip()
    if not address or len(address) > MAX_LENGTH or not is_legible(address):
        raise AddressRefused(_("An address has 1 to 2,000 characters, on one line."))
    if re.search(r"[\s,]", address):
        raise AddressRefused(_("One channel has one address, without spaces and commas."))
    address = _from_web_address(address)
    scheme = _scheme_of(address)
    if scheme not in SERVICES:
        raise AddressRefused(
            _("Addresses that begin with “%(scheme)s” are not allowed.") % {"scheme": scheme or "?"}
        )
    for name in _options(address):
        if name in _FORBIDDEN_OPTIONS:
            raise AddressRefused(_("The option “%(name)s” is not allowed.") % {"name": name})
    return address, SERVICES[scheme]


def is_plainly_private(address: str) -> bool:
    """Whether it says itself that it is of this machine or its network; a name is resolved elsewhere."""
    host = (_split(address).hostname or "").rstrip(".").lower()
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not is_public(str(ip_address(host)))
    except ValueError:
        return False


def _from_web_address(address: str) -> str:
    scheme = _scheme_of(address)
    if scheme not in ("http", "https"):
        return address
    parts = _split(address)
    host = (parts.hostname or "").lower()
    if host in ("discord.com", "discordapp.com") and (found := _DISCORD.fullmatch(parts.path)):
        return f"discord://{found[1]}/{found[2]}"
    if host == "hooks.slack.com" and (found := _SLACK.fullmatch(parts.path)):
        return f"slack://{found[1]}/{found[2]}/{found[3]}"
    if not host:
        raise AddressRefused(_("This address has no host."))
    # What `apprise` is to pass on in the address of the webhook begins with a hyphen there.
    sent = "&".join(
        f"-{quote(name, safe='')}={quote(value, safe='')}"
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    scheme = {"http": "json", "https": "jsons"}[scheme]
    return f"{scheme}://{parts.netloc}{parts.path}" + (f"?{sent}" if sent else "")


def _options(address: str) -> list[str]:
    query = address.partition("?")[2]
    return [name.strip().lower() for name, _value in parse_qsl(query, keep_blank_values=True)]


def _scheme_of(address: str) -> str:
    found = _SCHEME.match(address)
    return found[1].lower() if found else ""


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _port = parts.port
    except ValueError:
        raise AddressRefused(_("This address makes no sense.")) from None
    return parts
