"""What comes out of the node that is marked as the output, and whether anybody can fetch it. Pure.

Only what output nodes give is kept in a server's history. Which classes those are the server knows
(`/object_info`); as long as it was not asked, their names and places in the graph have to do.
"""

from __future__ import annotations

import re

from django.utils.translation import gettext

from lib.sentences import join_with_or
from platforms.base import Modality

from .graph import Graph, class_of, downstream, takers
from .marks import title_of
from .node_classes import NodeClasses

GIVERS = (
    (re.compile(r"audio", re.I), Modality.AUDIO),
    (re.compile(r"video|webm|mp4|anim|gif", re.I), Modality.VIDEO),
    (re.compile(r"image|webp|png", re.I), Modality.IMAGE),
    (re.compile(r"text|string|previewany|show|display", re.I), Modality.TEXT),
)
KEEPS = re.compile(r"save|preview|show|display|combine|output|export", re.I)
SENT_ELSEWHERE = re.compile(r"web ?socket", re.I)  # to whoever listens, and kept nowhere
MOST_NAMED = 5  # nodes in one sentence


def modality_of(graph: Graph, node_id: str) -> Modality | None:
    """What a node gives, as far as its class tells."""
    kind = class_of(graph[node_id])
    return next((modality for pattern, modality in GIVERS if pattern.search(kind)), None)


def output_problem(graph: Graph, node_id: str, classes: NodeClasses) -> str:
    """Why a node's output cannot be fetched, and which nodes would do; empty where it can."""
    node = graph[node_id]
    title = title_of(node, node_id)
    if node["inputs"].get("show_previews") in (False, "false"):
        sentence = gettext(
            "The node “%(node)s” keeps nothing in ComfyUI's history while its show_previews is "
            "off: switch it on."
        )
        return sentence % {"node": title}
    if _is_kept(graph, node_id, classes):
        return ""
    sentence = gettext("The node “%(node)s” keeps nothing in ComfyUI's history: %(advice)s")
    return sentence % {"node": title, "advice": _advice(graph, node_id, classes)}


def _advice(graph: Graph, node_id: str, classes: NodeClasses) -> str:
    kept = [one for one in graph if one != node_id and _would_do(graph, one, classes)]
    behind = [one for one in downstream(graph, node_id) if one in kept]
    named = [_called(graph, one) for one in (behind or kept)[:MOST_NAMED]]
    if named:
        sentence = gettext("put panic:output into the title of %(nodes)s instead.")
        return sentence % {"nodes": join_with_or(named)}
    return gettext(
        "put a node behind it that saves or previews what it gives, such as SaveImage, and "
        "panic:output into the title of that one."
    )


def _called(graph: Graph, node_id: str) -> str:
    title, kind = title_of(graph[node_id], node_id), class_of(graph[node_id])
    words = {"title": title, "kind": kind, "id": node_id}
    if kind != title:
        return gettext("“%(title)s” (%(kind)s, node %(id)s)") % words
    return gettext("“%(title)s” (node %(id)s)") % words


def _is_kept(graph: Graph, node_id: str, classes: NodeClasses) -> bool:
    kind = class_of(graph[node_id])
    if SENT_ELSEWHERE.search(kind):
        return False
    if known := classes.get(kind):
        return known.is_output
    # Nobody said. Nodes that others go on from, to an end that does keep, usually do not.
    behind = downstream(graph, node_id)
    return bool(KEEPS.search(kind)) or not any(_would_do(graph, one, classes) for one in behind)


def _would_do(graph: Graph, node_id: str, classes: NodeClasses) -> bool:
    kind = class_of(graph[node_id])
    if SENT_ELSEWHERE.search(kind):
        return False
    known = classes.get(kind)
    if known:
        return known.is_output and modality_of(graph, node_id) is not None
    return bool(KEEPS.search(kind)) and modality_of(graph, node_id) is not None


def kept_nodes(graph: Graph) -> list[str]:
    """The nodes that could be marked as the output, as their names let one guess, in words."""
    taken = takers(graph)
    found = [one for one in graph if _would_do(graph, one, {}) and one not in taken]
    return [_called(graph, one) for one in found[:MOST_NAMED]]
