"""What pages of keys ask of the app above; panic/apps.py wires it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lib.unwired import not_wired

from .models import Credential


@dataclass(frozen=True, slots=True)
class CredentialUse:
    """A network that spends on a key, and what it would do without it."""

    name: str
    url: str  # empty where it is not for the key's owner to see
    without_it: str
    stops: bool = False  # it could not run any more


@dataclass(slots=True)
class CredentialHooks:
    uses_of_credential: Callable[[Credential], Sequence[CredentialUse]] = not_wired


hooks = CredentialHooks()
