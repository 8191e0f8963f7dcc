"""Asking a ComfyUI server about classes of nodes. What it said is kept for some minutes."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import quote

from platforms import model_lists
from platforms.base import JSON
from platforms.errors import PlatformError

from .graph import Graph, class_of
from .node_classes import NodeClass, NodeClasses, read_class

KEPT_SECONDS = 300
MOST_KEPT = 5_000
MOST_SECONDS = 8.0  # for all questions of one import together

_kept: dict[tuple[str, str], tuple[float, NodeClass]] = {}


def path_of(name: str) -> str:
    return f"object_info/{quote(name, safe='')}"


async def asked(
    address: str, names: Iterable[str], get: Callable[[str], Awaitable[JSON]]
) -> NodeClasses:
    """The classes of these names that the server knows. Where it does not answer, what is known."""
    found = {}
    for name in dict.fromkeys(names):
        known = _known(address, name)
        if known is None:
            try:
                known = _keep(address, name, await get(path_of(name)))
            except PlatformError:
                break  # old servers, proxies: nothing depends on it
        if known:
            found[name] = known
    return found


def asked_at_import(address: str, graph: Graph, marked: Iterable[str]) -> NodeClasses:
    """The classes of the nodes marked as the output; where those keep nothing, all others too.

    Blocks for some seconds, whatever the server does.
    """
    first = [class_of(graph[node_id]) for node_id in marked]
    found: dict[str, NodeClass] = {}
    until = time.monotonic() + MOST_SECONDS
    for name in dict.fromkeys([*first, *map(class_of, graph.values())]):
        if name not in first and all(one in found and found[one].is_output for one in first):
            break
        try:
            answer = model_lists.fetch(f"{address}/{path_of(name)}")
        except Exception:  # a border: a server of a stranger answers with anything
            break
        if known := _keep(address, name, answer):
            found[name] = known
        if time.monotonic() > until:
            break
    return found


def _known(address: str, name: str) -> NodeClass | None:
    at, found = _kept.get((address, name), (0.0, None))
    return found if found and time.monotonic() - at < KEPT_SECONDS else None


def _keep(address: str, name: str, answer: object) -> NodeClass | None:
    if found := read_class(answer, name):
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[address, name] = (time.monotonic(), found)
    return found
