"""A ComfyUI workflow as a model: where the input goes in, where the output comes out, what may be set.

Pure. The file is what the editor exports as “API format”; nodes are marked in their titles (`marks`).
Several nodes may be marked as the input; each gets it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext

from lib.sentences import join_with_or
from platforms.base import JSON, Modality

from .graph import Graph, NotAWorkflow, graph_in
from .marks import Mark, Socket, marks_in, parameter_of, title_of
from .node_classes import NodeClasses
from .outputs import kept_nodes, modality_of, output_problem
from .seeds import seeds_of
from .texts import NoSuchField, sockets_of

__all__ = ["NotAWorkflow", "Socket", "Workflow", "graph_in", "output_marks", "read"]

FRACTIONS = {"cfg", "denoise", "guidance", "shift", "strength"}  # written as 8, meant as 8.0


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow that was understood."""

    graph: Graph
    takes: Modality
    gives: Modality
    inputs: tuple[Socket, ...]
    output: str  # a node's id
    parameters: Mapping[str, Socket]

    @property
    def schema(self) -> JSON:
        """JSON Schema of what a slot may set."""
        properties = {
            name: _schema(at.field, self._now(at)) for name, at in self.parameters.items()
        }
        return {"type": "object", "additionalProperties": False, "properties": properties}

    @property
    def defaults(self) -> JSON:
        """As the file has it. A seed has none: it is drawn anew for each step."""
        seeds = seeds_of(self.graph, {})
        return {
            name: self._now(at)
            for name, at in self.parameters.items()
            if (at.node, at.field) not in seeds
        }

    def title(self, node: str) -> str:
        """What a node is called, without the marks."""
        return title_of(self.graph.get(node), node)

    def filled(
        self, given: str, parameters: JSON, *, seed: int, classes: NodeClasses | None = None
    ) -> dict[str, object]:
        """The graph to be queued. `seed` is any number: each node gets one that it takes from it.

        A parameter that is None leaves what the file has.
        """
        graph: dict[str, dict[str, dict[str, object]]] = copy.deepcopy(dict(self.graph))  # type: ignore[arg-type]
        for (node, field), seeds in seeds_of(self.graph, classes or {}).items():
            graph[node]["inputs"][field] = seeds.draw(seed)
        for name, value in parameters.items():
            if value is not None and (at := self.parameters.get(name)):
                graph[at.node]["inputs"][at.field] = value
        for at in self.inputs:
            graph[at.node]["inputs"][at.field] = given
        return dict(graph)

    def _now(self, at: Socket) -> object:
        return self.graph[at.node]["inputs"][at.field]


def read(
    content: object, *, gives: Modality | None = None, classes: NodeClasses | None = None
) -> Workflow:
    """The workflow in an exported file.

    `gives` is for outputs whose node does not tell; `classes` is what the server says of its nodes,
    where it was asked. Raises NotAWorkflow.
    """
    graph = graph_in(content)
    marks = list(marks_in(graph))
    problems: list[str] = []
    takes, inputs = _inputs(graph, [mark for mark in marks if mark.kind == "input"], problems)
    outputs = output_marks(graph)
    given = _given(graph, outputs, gives, classes, problems)
    named = [mark for mark in marks if mark.kind not in {"input", "output"}]
    parameters = _parameters(graph, named, problems)
    if problems or takes is None or given is None:
        raise NotAWorkflow(problems)
    return Workflow(graph, takes, given, tuple(inputs), outputs[0], parameters)


def output_marks(graph: Graph) -> list[str]:
    """The nodes that are marked as the output; in a workflow there is one."""
    return [mark.node for mark in marks_in(graph) if mark.kind == "output"]


def _inputs(
    graph: Graph, marks: list[Mark], problems: list[str]
) -> tuple[Modality | None, list[Socket]]:
    if not marks:
        problems.append(gettext("No node is marked as the input: put panic:input into its title."))
        return None, []
    marked = {mark.node for mark in marks}
    taken, sockets = set(), []
    for mark in marks:
        try:
            modality, found = sockets_of(graph, mark, marked)
        except NoSuchField as error:
            problems.append(str(error))
        else:
            taken.add(modality)
            sockets += found
    if len(taken) > 1:
        problems.append(gettext("The nodes marked panic:input take different things."))
    return (taken.pop() if len(taken) == 1 else None), sockets


def _given(
    graph: Graph,
    outputs: list[str],
    chosen: Modality | None,
    classes: NodeClasses | None,
    problems: list[str],
) -> Modality | None:
    if len(outputs) != 1:
        problems.append(_output_count_problem(graph, outputs))
        return None
    (node_id,) = outputs
    if classes is not None and (problem := output_problem(graph, node_id, classes)):
        problems.append(problem)
        return None
    if found := chosen or modality_of(graph, node_id):
        return found
    title = title_of(graph[node_id], node_id)
    sentence = gettext("It cannot be told what the node “%(node)s” gives: choose it.")
    problems.append(sentence % {"node": title})
    return None


def _output_count_problem(graph: Graph, outputs: list[str]) -> str:
    if outputs:
        return gettext(
            "Two nodes are marked as the output: put panic:output into the title of one."
        )
    if nodes := join_with_or(kept_nodes(graph)):
        sentence = gettext(
            "No node is marked as the output: put panic:output into the title of one, such as "
            "%(nodes)s."
        )
        return sentence % {"nodes": nodes}
    return gettext("No node is marked as the output: put panic:output into the title of one.")


def _parameters(graph: Graph, marks: list[Mark], problems: list[str]) -> Mapping[str, Socket]:
    parameters: dict[str, Socket] = {}
    for mark in marks:
        inputs = graph[mark.node]["inputs"]
        name, field = parameter_of(mark, graph[mark.node])
        if not isinstance(inputs.get(field), str | int | float):
            words = {
                "node": title_of(graph[mark.node], mark.node),
                "field": mark.field or field or mark.name,
                "mark": mark.text if mark.field else f"panic:{name}",
            }
            problems.append(_no_field(inputs, words))
        elif name in parameters:
            sentence = gettext("Two nodes are marked panic:%(name)s; a parameter has one place.")
            problems.append(sentence % {"name": name})
        else:
            parameters[name] = Socket(mark.node, field)
    return parameters


def _no_field(inputs: Mapping[str, object], words: Mapping[str, str]) -> str:
    settable = [one for one, now in inputs.items() if isinstance(now, str | int | float)]
    sentence = gettext("The node “%(node)s” has no field %(field)s that %(mark)s could set.")
    if settable:
        sentence = gettext(
            "The node “%(node)s” has no field %(field)s that %(mark)s could set "
            "(it has %(fields)s)."
        )
    return sentence % {**words, "fields": ", ".join(settable[:8])}


def _schema(field: str, value: object) -> JSON:
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, str):
        return {"type": "string", "maxLength": 2000}
    whole = not any(field.rpartition(".")[2].lower().startswith(one) for one in FRACTIONS)
    return {"type": "integer" if isinstance(value, int) and whole else "number"}
