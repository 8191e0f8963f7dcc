"""Answers on paper: a line each for people, or the JSON itself for programs."""

from __future__ import annotations

import json
import sys

from .client import Json

WIDTH = 100


def run(one: Json, *, as_json: bool) -> None:
    words = f"{one['id']}  {one['state']:<9}  {one['invocations']:>4} steps  {one['network']}"
    _put(one, f"{words}  “{_short(one['prompt'])}”", as_json=as_json)


def network(one: Json, *, as_json: bool) -> None:
    state = "running" if one["running"] else "idle" if one["runnable"] else "cannot run"
    ring = " → ".join(one["model_ids"]) or "an empty ring"
    _put(one, f"{one['slug']:<24}  {state:<10}  {ring}", as_json=as_json)
    for problem in () if as_json else one["problems"]:
        _write(f"    {problem}")


def model(one: Json, *, as_json: bool) -> None:
    turns = f"{one['input']} → {one['output']}"
    words = f"{one['id']:<40}  {turns:<14}  {one['name']}"
    _put(one, f"{words}  ({one['reason']})" if one["reason"] else words, as_json=as_json)


def step(one: Json, url: str, *, as_json: bool) -> None:
    _put(one, f"{one['sequence']:>4}  {one['model']:<32}  {_gave(one, url)}", as_json=as_json)


def _gave(one: Json, url: str) -> str:
    if one["error"] and one["state"] != "completed":
        return f"{one['state']}: {one['error']['detail']}"
    output = one["output"] or {}
    if "asset" in output:
        place = str(output["asset"]["url"])
        return place if "://" in place else f"{url}{place}"
    return _short(output["text"], WIDTH * 2) if output else str(one["state"])


def ending(one: Json, *, as_json: bool) -> None:
    reason = f" ({one['reason']})" if one["reason"] else ""
    cost = f", ${one['usd']:.4f}" if one["usd"] else ""
    _put(one, f"{one['state']}{reason}: {one['invocations']} steps{cost}", as_json=as_json)


def event(one: Json, *, as_json: bool) -> None:
    data = " ".join(f"{name}={value}" for name, value in one["data"].items())
    _put(one, f"{one['at']}  {one['cursor']}  {one['event']}  {data}", as_json=as_json)


def receipt(one: Json, *, as_json: bool) -> None:
    shown = [display["ms"] for display in one["displays"] if display["ms"] is not None]
    words = f"{one['id']}  {one['runs_stopped']} runs stopped, {len(one['calls'])} calls"
    if one["displays"]:
        words += f", shown on {len(shown)} of {len(one['displays'])} displays"
    _put(one, f"{words}. Nothing starts until `resume-all`.", as_json=as_json)


def resumed(one: Json, *, as_json: bool) -> None:
    _put(one, f"Lifted; {len(one['runs'])} runs go on. {' '.join(one['runs'])}", as_json=as_json)


def whole(one: Json, *, as_json: bool) -> None:
    """Every field."""
    if as_json:
        return _put(one, "", as_json=True)
    for name, value in one.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        _write(f"{name:<16}  {text}")
    return None


def _put(one: Json, words: str, *, as_json: bool) -> None:
    _write(json.dumps(one, ensure_ascii=False) if as_json else words)


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _short(text: str, most: int = WIDTH) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
