"""The graph in an exported workflow: its nodes, their titles, and which takes what from which."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from django.utils.translation import gettext

MOST_NODES = 500

Node = Mapping[str, Mapping[str, object]]
Graph = Mapping[str, Node]


class NotAWorkflow(ValueError):
    """The file cannot become a model; every reason in words."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def graph_in(content: object) -> Graph:
    """The nodes by their ids. Raises NotAWorkflow."""
    if isinstance(content, Mapping) and isinstance(content.get("prompt"), Mapping):
        content = content["prompt"]  # as it is sent to the server
    if not isinstance(content, Mapping) or not content:
        raise NotAWorkflow([gettext("This is no workflow.")])
    if isinstance(content.get("nodes"), list):
        raise NotAWorkflow(
            [gettext("This is the editor's own format. Export it in ComfyUI with “Export (API)”.")]
        )
    if not _is_storable(content):
        raise NotAWorkflow([gettext("It contains signs or numbers that cannot be stored.")])
    nodes = {str(key): node for key, node in content.items()}
    if len(nodes) > MOST_NODES:
        raise NotAWorkflow([gettext("It has more than %(most)d nodes.") % {"most": MOST_NODES}])
    if not all(_is_node(node) for node in nodes.values()):
        raise NotAWorkflow(
            [gettext("This is no workflow in API format: some entries are no nodes.")]
        )
    return nodes


def _is_storable(content: object) -> bool:
    """Databases take no NUL, no half of a sign and no number that is none."""
    try:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, TypeError, RecursionError):
        return False
    return "\\u0000" not in text


def _is_node(node: object) -> bool:
    return (
        isinstance(node, Mapping)
        and isinstance(node.get("class_type"), str)
        and isinstance(node.get("inputs"), Mapping)
    )


def class_of(node: Node) -> str:
    return str(node["class_type"])


def raw_title(node: object) -> str:
    """As it was typed in the editor, marks included."""
    meta = node.get("_meta") if isinstance(node, Mapping) else None
    title = meta.get("title") if isinstance(meta, Mapping) else ""
    return str(title or "")


def source_of(value: object) -> str:
    """The id of the node that an input is linked to; empty where it is no link."""
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int):
        return str(value[0]) if type(value[1]) is int else ""
    return ""


def takers(graph: Graph) -> Mapping[str, list[tuple[str, str]]]:
    """By a node's id: the nodes and fields that take something from it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for node_id, node in graph.items():
        for field, value in node["inputs"].items():
            if (source := source_of(value)) in graph:
                found.setdefault(source, []).append((node_id, field))
    return found


def downstream(graph: Graph, node_id: str) -> Iterator[str]:
    """The nodes that something of this node reaches, the nearest first, each once."""
    taken, seen, waiting = takers(graph), {node_id}, [node_id]
    while waiting:
        for following, _ in taken.get(waiting.pop(0), ()):
            if following not in seen:
                seen.add(following)
                waiting.append(following)
                yield following
