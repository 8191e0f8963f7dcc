"""What the API's description shows of keys to platforms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

_KEY: Json = {
    "id": "5f0c1b7e9a2d4c6688aa",
    "platform": "replicate",
    "name": "Studio",
    "mine": True,
    "owner": "alice@example.org",
    "usable": True,
    "ends_in": "4f2c",
    "refused": None,
    "lent_to": ["carol@example.org"],
    "trial": {"at": "2026-11-28T19:30:00Z", "passed": True, "detail": "Replicate takes this key."},
    "created_at": "2026-11-28T19:30:00Z",
    "replaced_at": None,
    "last_used_at": "2026-11-28T19:30:04Z",
}
_PAYER: Json = {
    "platform": "replicate",
    "source": "own",
    "credential": None,
    "problem": None,
    "choices": [_KEY["id"]],
}

OF: Mapping[str, Json] = {
    "CredentialIn": {"platform": "replicate", "name": "Studio", "secret": "written-and-not-shown"},
    "CredentialChange": {"name": "The studio's", "lent_to": ["carol@example.org"]},
    "CredentialOut": _KEY,
    "ProofOut": {"passed": True, "detail": "Replicate takes this key."},
    "PicksIn": {"picks": {"replicate": _KEY["id"], "openai": None}},
    "PayersOut": {"items": [_PAYER]},
    "SpenderChange": {"may_use_house_keys": True},
}
