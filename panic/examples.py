"""What the API's description shows: one example of each thing, from one evening with one network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

_AT = "2026-11-28T19:30:00Z"
_LATER = "2026-11-28T19:30:04Z"
_SLOTS: list[Json] = [
    {"model": "local:painter", "parameters": {}, "fallback": None},
    {"model": "local:tagger", "parameters": {}, "fallback": None},
]
_BUDGETS = {
    "usd_per_day": 5.0,
    "calls_per_hour": None,
    "laps_per_run": None,
    "hours_per_run": 8.0,
}
_CHANGE: Json = {
    "description": "Two machines that tell each other what they see.",
    "slots": _SLOTS,
    "lockout_seconds": 60,
    "pacing": [{"until_seconds": None, "delay_seconds": 2}],
    "budgets": {"usd_per_day": 5},
}
_NETWORK: Json = {
    "id": "n7Qd2mXk4Lp9",
    "slug": "whispers",
    "name": "Whispers",
    "description": "Two machines that tell each other what they see.",
    "public": True,
    "slots": _SLOTS,
    "model_ids": ["local:painter", "local:tagger"],
    "lockout_seconds": 60,
    "pacing": [{"until_seconds": None, "delay_seconds": 2.0}],
    "budgets": _BUDGETS,
    "refusal_policy": "substitute",
    "replay": True,
    "prompt_max": 2000,
    "attract_prompts": ["a bell under water"],
    "runnable": True,
    "problems": [],
    "running": True,
    "viewers": 3,
    "created_at": _AT,
}
_RUN: Json = {
    "id": "r5Tz8vBn1Wc3",
    "network": "whispers",
    "state": "running",
    "prompt": "a lighthouse that counts",
    "created_at": _AT,
    "ended_at": None,
    "reason": None,
    "invocations": 2,
    "usd": 0.0,
    "rating": 4.5,
    "imported": False,
}
_PICTURE: Json = {
    "url": "/assets/9f/9f2c.webp",
    "type": "image/webp",
    "bytes": 48210,
    "width": 1024,
    "height": 576,
    "seconds": None,
}
_STEP: Json = {
    "id": "i3Kx6yHs0Fj2",
    "sequence": 0,
    "slot": 0,
    "model": "local:painter",
    "state": "completed",
    "input": {"text": "a lighthouse that counts"},
    "output": {"asset": _PICTURE},
    "substituted": False,
    "error": None,
    "attempts": 1,
    "seconds": 1.7,
    "usd": 0.0,
    "created_at": _AT,
    "due_at": _AT,
    "started_at": _AT,
    "ended_at": _LATER,
}
_TRY: Json = {
    "number": 1,
    "outcome": "completed",
    "error": None,
    "started_at": _AT,
    "ended_at": _LATER,
    "seconds": 1.7,
    "usd": 0.0,
    "parameters": None,
    "reference": None,
    "idempotency_key": None,
    "worker": None,
}
_SINGLE: Json = {"type": "single", "name": "left", "stride": 4, "offset": 0}
_DISPLAY: Json = {
    "id": "d1Ra4gVu7Ey5",
    "type": "single",
    "name": "left",
    "rows": None,
    "columns": None,
    "stride": 4,
    "offset": 0,
    "offsets": [0],
    "show_invoking": False,
    "muted": False,
    "vestaboard_name": None,
    "initial_prompt": False,
    "url": "/i/h8Wm2cPq6Nb4/left/",
    "code": "k7m2",
    "viewers": 1,
}

OF: Mapping[str, Json] = {
    "ModelOut": {
        "id": "local:painter",
        "name": "Painter",
        "platform": "local",
        "input": "text",
        "output": "image",
        "available": True,
        "reason": None,
        "deprecated": False,
        "seconds": 2.0,
        "usd": 0.0,
        "parameters": {"type": "object", "properties": {}},
        "maker": "this house",
        "licence": "",
        "homepage": "",
        "note": "Paints what it is told, on this machine.",
    },
    "NetworkIn": {"name": "Whispers", **_CHANGE},
    "NetworkChange": _CHANGE,
    "NetworkOut": _NETWORK,
    "TerminalTokenOut": {
        "id": "t6Bh9sLd3Zv8",
        "token": "kept-by-the-guest",
        "url": "https://panic.example/n/whispers/terminal/?token=kept-by-the-guest",
        "expires_at": "2026-11-28T20:30:00Z",
    },
    "StartIn": {"prompt": "a lighthouse that counts", "client_key": "7f3a"},
    "RunOut": _RUN,
    "InvocationOut": _STEP,
    "InvocationDetail": _STEP | {"run": _RUN["id"], "network": "whispers", "attempts": [_TRY]},
    "BranchIn": {"network": "shouts"},
    "StarsIn": {"stars": 4},
    "RatingOut": {"rating": 4.5, "mine": 4},
    "SheetIn": {"sequences": [0, 3, 12], "title": "Three of the best"},
    "ShortOut": {"code": "s7f3kq9", "url": "/r/s7f3kq9"},
    "ReceiptOut": {
        "id": "p2Yf5nGt8Mr1",
        "committed_at": _AT,
        "runs_stopped": 1,
        "calls": [{"invocation": _STEP["id"], "outcome": "cancelled", "usd": None}],
        "displays": [{"id": _DISPLAY["id"], "ms": 41.0}],
        "complete": True,
    },
    "Resumed": {"runs": [_RUN["id"]]},
    "CostsOut": {
        "lap": {"seconds": 6.5, "usd": 0.0, "measured": True},
        "burn": {"calls_last_hour": 212, "usd_last_hour": 0.0, "usd_last_day": 0.0},
        "platform_troubles": [],
    },
    "InstallationIn": {"name": "Foyer", "network": "whispers", "displays": [_SINGLE]},
    "InstallationChange": {"network": "shouts", "order": ["left"]},
    "InstallationOut": {
        "id": "h8Wm2cPq6Nb4",
        "name": "Foyer",
        "network": "whispers",
        "displays": [_DISPLAY],
        "viewers": 1,
        "created_at": _AT,
    },
    "DisplayIn": _SINGLE,
    "DisplayChange": {"muted": True},
    "DisplayOut": _DISPLAY,
    "Claim": {"code": "K7M2", "installation": "h8Wm2cPq6Nb4", "name": "left"},
    "Identify": {"display": "left"},
    "EventOut": {
        "cursor": "k3:41",
        "event": "invocation.completed",
        "data": {
            "run": _RUN["id"],
            "invocation": _STEP["id"],
            "sequence": 0,
            "slot": 0,
            "state": "completed",
            "model": "local:painter",
        },
        "at": _LATER,
    },
    "Problem": {
        "title": "The lockout is not over",
        "status": 409,
        "detail": "The last prompt has only just begun; wait until its time is up.",
        "code": "lockout",
        "errors": {},
        "ready_at": "2026-11-28T19:31:00Z",
    },
}
