"""Workflows as they are exported: what is sent of them, what comes back, and what is said of the rest.

Each case names where its kind was reported (repository and number). A node is its class, its title and
its inputs; a case without a node for the input or the output gets a usual one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from platforms.base import Modality
from platforms.comfy import history, workflow
from platforms.comfy.node_classes import NodeClass, read_class

Case = dict[str, Any]
CASES: list[Case] = json.loads((Path(__file__).parent / "corpus" / "workflows.json").read_text())
KEPT = {"SaveImage": NodeClass(is_output=True, inputs={})}
USUAL = {
    "input": {"90": ["CLIPTextEncode", "panic:input", {"text": ""}]},
    "output": {"91": ["SaveImage", "panic:output", {"images": ["8", 0]}]},
}


def exported(case: Case) -> dict[str, Any]:
    graph: dict[str, Any] = dict(case["graph"])
    titles = " ".join(title for _, title, _ in graph.values())
    for mark, nodes in USUAL.items():
        if f"panic:{mark}" not in titles and not case.get("alone"):
            graph |= nodes
    return {
        node_id: {"class_type": kind, "inputs": inputs, "_meta": {"title": title}}
        for node_id, (kind, title, inputs) in graph.items()
    }


def classes_of(case: Case) -> dict[str, NodeClass] | None:
    if "classes" not in case:
        return None
    read = {name: read_class({name: one}, name) for name, one in case["classes"].items()}
    assert all(read.values())
    return {name: one for name, one in read.items() if one}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_workflow_is_sent_as_it_should_be_or_refused_in_words(case: Case) -> None:
    assert case["reported"]
    content, classes = exported(case), classes_of(case)
    chosen = Modality(case["chosen"]) if "chosen" in case else None
    if "refused" in case:
        with pytest.raises(workflow.NotAWorkflow) as failed:
            workflow.read(content, gives=chosen, classes=classes)
        assert case["refused"] in str(failed.value)
        return

    found = workflow.read(content, gives=chosen, classes=classes and {**classes, **KEPT})

    check_sent(found, case, classes)
    assert found.gives == case.get("gives", found.gives)
    if "outputs" in case:
        entry = {"outputs": case["outputs"], "status": {"completed": True}}
        assert f"filename={case['file']}&" in (history.outcome(entry, found, "http://x").url or "")


def check_sent(found: workflow.Workflow, case: Case, classes: dict[str, NodeClass] | None) -> None:
    parameters = {**found.defaults, **case.get("parameters", {})}
    tries = [
        found.filled("a lamp", parameters, seed=number * 7**40 + number, classes=classes)
        for number in range(40)
    ]

    def sent(place: str) -> list[Any]:
        node, _, field = place.partition(".")
        return [graph[node]["inputs"][field] for graph in tries]  # type: ignore[index]

    for place, (least, most) in case.get("drawn", {}).items():
        assert all(least <= one <= most for one in sent(place)), sent(place)
        assert len(set(sent(place))) > 1
    for place, value in case.get("kept", {}).items():
        assert sent(place) == [value] * len(tries)
    for place in case.get("given", []):
        assert set(sent(place)) == {"a lamp"}
    assert set(case.get("parameters", {})) <= set(found.parameters)
