"""Reading exported workflows: marks, kinds, parameters, and every way a file is no model."""

from __future__ import annotations

import json
from typing import Any

import pytest

from platforms.base import Modality
from platforms.comfy import history, workflow
from platforms.comfy.workflow import NotAWorkflow, Socket, read
from platforms.parameters import problems, unknown_keywords
from tests.platforms.flows import GIVERS, LOADERS, exported


def marked(**titles: str) -> dict[str, dict[str, Any]]:
    content = json.loads(json.dumps(exported()))
    for number, title in titles.items():
        content[number.removeprefix("n")]["_meta"] = {"title": title}
    return content  # type: ignore[no-any-return]


def refused(content: object) -> list[str]:
    with pytest.raises(NotAWorkflow) as caught:
        read(content)
    return caught.value.problems


@pytest.mark.parametrize("gives", GIVERS)
@pytest.mark.parametrize("takes", LOADERS)
def test_what_it_takes_and_gives_follows_from_its_nodes(takes: Modality, gives: Modality) -> None:
    found = read(exported(takes, gives))

    assert (found.takes, found.gives) == (takes, gives)


def test_an_unknown_output_can_be_chosen_and_a_known_one_overruled() -> None:
    content = exported()
    content["9"]["class_type"] = "MyNode"

    assert "what the node “MyNode” gives" in refused(content)[0]
    assert read(content, gives=Modality.AUDIO).gives is Modality.AUDIO


def test_parameters_have_the_files_values_and_a_schema() -> None:
    found = read(exported())

    assert found.defaults == {"cfg": 8, "steps": 20}
    properties = found.schema["properties"]
    assert properties == {"cfg": {"type": "number"}, "steps": {"type": "integer"}}
    assert not unknown_keywords(found.schema)
    assert problems(found.schema, found.defaults) == []


def test_a_mark_may_name_its_field_and_a_primitive_needs_none() -> None:
    content = marked(n3="panic:style.sampler_name", n4="panic:checkpoint.ckpt_name")
    content["7"] = {
        "class_type": "PrimitiveInt",
        "inputs": {"value": 3},
        "_meta": {"title": "PANIC:amount"},
    }

    found = read(content)

    assert found.parameters == {
        "style": Socket("3", "sampler_name"),
        "checkpoint": Socket("4", "ckpt_name"),
        "amount": Socket("7", "value"),
    }


def test_a_marked_seed_is_drawn_unless_it_is_set() -> None:
    found = read(marked(n3="panic:seed"))

    drawn, fixed = found.filled("x", {}, seed=7), found.filled("x", {"seed": 1}, seed=7)

    assert found.defaults == {}
    assert drawn["3"]["inputs"]["seed"] == 7  # type: ignore[index]
    assert fixed["3"]["inputs"]["seed"] == 1  # type: ignore[index]


def test_filling_leaves_the_file_as_it_is() -> None:
    content = exported()
    found = read(content)

    found.filled("a red disc", {"cfg": 1}, seed=7)

    assert content == exported()


def test_every_marked_input_gets_the_words() -> None:
    content = exported()
    content["8"] = json.loads(json.dumps(content["6"]))

    filled = read(content).filled("a red disc", {}, seed=1)

    assert {filled[key]["inputs"]["text"] for key in ("6", "8")} == {"a red disc"}  # type: ignore[index]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "This is no workflow."),
        ([], "This is no workflow."),
        ("graph", "This is no workflow."),
        (None, "This is no workflow."),
        ({"nodes": [], "links": []}, "Export (API)"),
        ({"1": {"class_type": "X"}}, "some entries are no nodes"),
        ({"1": {"class_type": "X", "inputs": []}}, "some entries are no nodes"),
        ({str(n): {"class_type": "X", "inputs": {}} for n in range(501)}, "more than 500 nodes"),
        ({"1": {"class_type": "X\0", "inputs": {}}}, "cannot be stored"),
        ({"1": {"class_type": "\ud800", "inputs": {}}}, "cannot be stored"),
        ({"1": {"class_type": "X", "inputs": {"a": float("nan")}}}, "cannot be stored"),
        (marked(n6="Words"), "No node is marked as the input"),
        (marked(n9="Save"), "No node is marked as the output"),
        (marked(n9="panic:output", n4="panic:output"), "Two nodes are marked as the output"),
        (marked(n4="panic:input.model"), "“CheckpointLoaderSimple” has no field the input"),
        (marked(n3="panic:model"), "has no field model that panic:model could set"),
        (marked(n3="panic:words.nothing"), "has no field nothing"),
        (marked(n3="panic:cfg", n4="panic:cfg.ckpt_name"), "Two nodes are marked panic:cfg"),
    ],
)
def test_a_file_that_is_no_model_says_why(content: object, said: str) -> None:
    assert said in " ".join(refused(content))


def test_a_named_field_that_comes_from_a_lost_node_is_refused_in_words() -> None:
    content = marked(n6="panic:input.text")
    content["6"]["inputs"]["text"] = ["77", 0]

    assert "takes its text from the node “77”" in refused(content)[0]


def test_inputs_of_two_kinds_are_refused() -> None:
    content = exported()
    content["8"] = json.loads(json.dumps(exported(Modality.IMAGE)["6"]))

    assert "take different things" in " ".join(refused(content))


def test_what_is_sent_to_a_server_can_be_read_as_well() -> None:
    assert read({"prompt": exported(), "client_id": "x"}).takes is Modality.TEXT


@pytest.mark.parametrize("meta", [None, [], "title", {"title": None}, {}])
def test_odd_titles_are_no_marks(meta: object) -> None:
    content: dict[str, Any] = exported()
    content["4"]["_meta"] = meta

    assert read(content).title("4") == "CheckpointLoaderSimple"


QUEUE = {
    "queue_running": [[1, "a", {}, {"client_id": "x"}, []]],
    "queue_pending": [[3, "c", {}, {}, []], [2, "b", {}, {"client_id": "y"}, []]],
}


@pytest.mark.parametrize(("prompt_id", "place"), [("a", 0), ("b", 1), ("c", 2), ("d", None)])
def test_a_place_in_the_queue_goes_by_number(prompt_id: str, place: int | None) -> None:
    assert history.place(QUEUE, prompt_id) == place


@pytest.mark.parametrize("queue", [{}, {"queue_running": None}, {"queue_pending": [None, [], 7]}])
def test_a_strange_queue_is_an_empty_one(queue: dict[str, object]) -> None:
    assert history.place(queue, "a") is None
    assert history.of_client(queue, "x") == ""


def test_a_prompt_is_known_by_who_asked() -> None:
    past = {"old": {"prompt": [0, "old", {}, {"client_id": "z"}, []]}}

    assert [history.of_client(QUEUE, who) for who in ("x", "y", "z")] == ["a", "b", ""]
    assert history.of_client(past, "z") == "old"


@pytest.mark.parametrize(
    "answer", [{}, {"error": "no prompt", "node_errors": []}, {"error": None, "node_errors": {"3": {"errors": None}}}]
)  # fmt: skip
def test_any_refusal_is_a_sentence(answer: dict[str, object]) -> None:
    said = str(history.refusal(answer, read(exported())))

    assert said.startswith("ComfyUI does not take the workflow")
    assert said.endswith(".")


def test_what_is_shown_of_a_node_has_no_marks() -> None:
    assert workflow.read(exported()).title("3") == "The sampler"
    assert workflow.read(exported()).title("9") == "SaveImage"
    assert workflow.read(exported()).title("77") == "77"
