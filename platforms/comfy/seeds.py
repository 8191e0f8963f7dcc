"""Which numbers of a workflow are seeds, and new ones within what each node takes. Pure.

A field is a seed where it is named so, or where the server says that its editor draws it anew; the
number of a primitive is one where all it feeds are seeds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from platforms.payloads import find

from .graph import Graph, class_of, takers
from .node_classes import NodeClass, NodeClasses

NAMED = re.compile(r"seed[ _]?\d*$", re.I)
PRIMITIVE_FIELDS = {"value", "number", "int", "integer"}
# Written into a file by hand, or by extensions: the editor keeps it to itself.
CONTROLS = ("control_after_generate", "control_before_generate")


@dataclass(frozen=True, slots=True)
class SeedRange:
    """The seeds a field takes, both ends included."""

    least: int = 0
    most: int = 2**31 - 1

    def draw(self, number: int) -> int:
        """The seed that stands for this number: always the same one, and within the range."""
        return self.least + number % (self.most - self.least + 1)

    def within(self, other: SeedRange) -> SeedRange:
        """Both at once; this one alone where they have nothing in common."""
        least, most = max(self.least, other.least), min(self.most, other.most)
        return SeedRange(least, most) if least <= most else self


UNKNOWN = SeedRange()


def seeds_of(graph: Graph, classes: NodeClasses) -> Mapping[tuple[str, str], SeedRange]:
    """The fields whose number is drawn anew for each step, by node and name, with their ranges.

    `classes` may lack some: then names decide, and the range is the one that most nodes take.
    """
    fed = takers(graph)
    own = {
        (node_id, field): _range(classes, graph, node_id, field)
        for node_id, node in graph.items()
        for field in node["inputs"]
        if _is_seed(graph, classes, node_id, field)
    }
    primitives = {
        (node_id, field): _range(classes, graph, node_id, field)
        for node_id, taken in fed.items()
        if taken and all(one in own for one in taken)
        for field in graph[node_id]["inputs"]
        if field.lower() in PRIMITIVE_FIELDS
    }
    found = {}
    for (node_id, field), kept in (own | primitives).items():
        if type(graph[node_id]["inputs"][field]) is int and not _is_fixed(graph, node_id):
            found[node_id, field] = kept
            for taker in fed.get(node_id, ()):
                if taker in own:
                    found[node_id, field] = found[node_id, field].within(own[taker])
    return found


def _is_seed(graph: Graph, classes: NodeClasses, node_id: str, field: str) -> bool:
    node = graph[node_id]
    if field.lower() in PRIMITIVE_FIELDS:
        return "seed" in class_of(node).lower()
    known = classes.get(class_of(node))
    declared = known.declaration(field, node["inputs"]) if known else None
    if declared is not None and not str(find(declared, 0)).startswith(("INT", "FLOAT")):
        return False
    drawn = find(declared, 1, "control_after_generate") not in (None, False, "fixed")
    return drawn or bool(NAMED.search(field))


def _is_fixed(graph: Graph, node_id: str) -> bool:
    return any(graph[node_id]["inputs"].get(name) == "fixed" for name in CONTROLS)


def _range(classes: NodeClasses, graph: Graph, node_id: str, field: str) -> SeedRange:
    node = graph[node_id]
    known: NodeClass | None = classes.get(class_of(node))
    declared = known.declaration(field, node["inputs"]) if known else None
    least, most = (_whole(find(declared, 1, name)) for name in ("min", "max"))
    # Below zero are numbers that mean something else, such as -1 for “any”.
    least = UNKNOWN.least if least is None or least < 0 <= (most or 0) else least
    most = max(UNKNOWN.most, least) if most is None else most
    return SeedRange(least, most) if least <= most else UNKNOWN


def _whole(bound: object) -> int | None:
    try:
        return int(bound) if isinstance(bound, int | float) else None
    except (OverflowError, ValueError):  # infinite, or none at all
        return None


def names_of(graph: Graph) -> Iterator[str]:
    """The classes whose declarations decide about seeds."""
    for node in graph.values():
        inputs = node["inputs"]
        if any(type(value) is int or NAMED.search(field) for field, value in inputs.items()):
            yield class_of(node)
