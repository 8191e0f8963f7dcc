"""Networks and what belongs to one: its draft, shares, old slugs, terminal tokens and selected credentials."""

from __future__ import annotations

from .draft import Draft
from .network import ARCHIVED, RESERVED_SLUGS, Network, NetworkQuerySet, Person
from .old_slug import OldSlug
from .policies import PerturbationPolicy, RefusalPolicy
from .selected_credential import SelectedCredential
from .share import Share, ShareRole
from .terminal_token import TerminalToken

__all__ = [
    "ARCHIVED",
    "RESERVED_SLUGS",
    "Draft",
    "Network",
    "NetworkQuerySet",
    "OldSlug",
    "Person",
    "PerturbationPolicy",
    "RefusalPolicy",
    "SelectedCredential",
    "Share",
    "ShareRole",
    "TerminalToken",
]
