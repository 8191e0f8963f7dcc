"""What a network may not be: every field has its sentence, every ring its problems."""

from __future__ import annotations

import pytest

from networks.models import Network
from platforms.registry import get_platform

from .conftest import ApiClient, code, problem

PATH = "networks/whispers"


def test_an_invalid_ring_is_told_with_every_problem_and_saves_nothing(
    owner: ApiClient, network: Network
) -> None:
    ring = ["dummy:image-to-audio", "dummy:text-to-image"]

    answer = owner.patch(PATH, {"name": "Shouts", "model_ids": ring})

    body = problem(answer)
    assert code(answer) == (422, "invalid_ring")
    assert len(body["problems"]) == 2
    assert "gives audio, but “Dummy text to image” takes text" in body["problems"][1]
    assert owner.get(PATH).json()["name"] == "Whispers"


@pytest.mark.parametrize(
    ("slots", "words"),
    [
        ([], "The ring is empty"),
        ([{"model": "no:such"}, {"model": "other:one"}], "Slot 2: there is no model"),
        ([{"model": "dummy:text-to-text", "fallback": "dummy:text-to-image"}], "the fallback"),
        ([{"model": "dummy:text-to-text", "fallback": "no:such"}], "no model called “no:such”"),
        ([{"model": "dummy:text-to-text", "parameters": {"speed": 1}}], "has no speed"),
        ([{"model": "dummy:text-to-text", "parameters": {"noop": "yes"}}], "of type boolean"),
        ([{"model": "dummy:text-to-text", "parameters": {"delay_seconds": -1}}], "0 or more"),
        ([{"model": "dummy:text-to-text", "parameters": {"fail": ["Nope"]}}], "expected form"),
        ([{"model": "dummy:text-to-text", "parameters": {"a\x00": 1}}], "control characters"),
        ([{"model": "dummy:text-to-text", "parameters": {"fail": ["\ud800"]}}], "control char"),
        ([{"model": "dummy:text-to-text"}] * 101, "at most 100 fit"),
        ([{}], "slots.0.model: This is required."),
        ([{"model": 5}], "slots.0.model: This must be text."),
        ([{"model": "dummy:text-to-text", "speed": 1}], "There is no such field."),
        ("dummy:text-to-text", "slots: This must be a list."),
        (None, "slots: This must be a list."),
    ],
)
def test_what_is_no_ring_is_refused_in_words(
    slots: object, words: str, owner: ApiClient, network: Network
) -> None:
    answer = owner.patch(PATH, {"slots": slots})

    assert code(answer) == (422, "invalid_ring")
    assert words in " ".join(problem(answer)["problems"])
    assert Network.objects.get().slots == network.slots


def test_a_slot_leaves_a_default_out_by_setting_it_to_null(
    owner: ApiClient, network: Network
) -> None:
    model = next(one for one in get_platform("anthropic").models() if one.input is one.output)
    slot = {"model": model.id, "parameters": {"max_tokens": None}, "fallback": None}

    saved = owner.patch(PATH, {"slots": [slot]})
    refused = owner.patch(PATH, {"slots": [{**slot, "parameters": {"no_such": None}}]})

    assert saved.json()["slots"] == [slot]
    assert "has no no_such" in " ".join(problem(refused)["problems"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", " \t"),
        ("name", "x" * 101),
        ("name", "a\x00b"),
        ("name", "a\nb"),
        ("name", "\ud800"),
        ("name", None),
        ("name", 5),
        ("name", ["x"]),
        ("description", "x" * 10_001),
        ("description", "\x1b[2J"),
        ("public", "yes"),
        ("public", 1),
        ("lockout_seconds", -1),
        ("lockout_seconds", 86_401),
        ("lockout_seconds", 1.5),
        ("lockout_seconds", "30"),
        ("lockout_seconds", True),
        ("prompt_max", 0),
        ("prompt_max", 10_001),
        ("refusal_policy", "shrug"),
        ("replay", None),
        ("attract_prompts", [""]),
        ("attract_prompts", ["x" * 2_001]),
        ("attract_prompts", ["\x07"]),
        ("attract_prompts", ["x"] * 101),
        ("attract_prompts", "hello"),
        ("pacing", [{"until_seconds": None, "delay_seconds": -1}]),
        ("pacing", [{"until_seconds": None, "delay_seconds": 1}] * 2),
        ("pacing", [{"until_seconds": n, "delay_seconds": 1} for n in (60, 30)]),
        ("pacing", [{"until_seconds": n, "delay_seconds": 1} for n in range(1, 30)]),
        ("pacing", {}),
        ("budgets", {"usd_per_day": -1}),
        ("budgets", {"calls_per_hour": 0}),
        ("budgets", {"laps_per_run": 1e300}),
        ("budgets", []),
    ],
)
def test_every_field_has_its_sentence(
    field: str, value: object, owner: ApiClient, network: Network
) -> None:
    answer = owner.patch(PATH, {field: value, "public": True} | {field: value})

    assert code(answer) == (422, "invalid")
    assert problem(answer)["errors"].keys() == {field}
    assert not Network.objects.get().public


def test_a_field_deep_inside_is_named_by_its_path(owner: ApiClient, network: Network) -> None:
    wrong = {"pacing": [{"delay_seconds": "fast"}], "budgets": {"usd": 1}, "nmae": "x"}

    errors = problem(owner.patch(PATH, wrong))["errors"]

    assert errors == {
        "pacing.0.delay_seconds": "This must be a number.",
        "budgets.usd": "There is no such field.",
        "nmae": "There is no such field.",
    }


def test_slots_and_model_ids_must_agree(owner: ApiClient, network: Network) -> None:
    two = {"slots": [{"model": "dummy:text-to-text"}], "model_ids": ["dummy:text-to-image"]}

    assert "model_ids" in problem(owner.patch(PATH, two))["errors"]


def test_a_shorter_prompt_must_still_hold_the_attract_prompts(
    owner: ApiClient, network: Network
) -> None:
    owner.patch(PATH, {"attract_prompts": ["eleven signs"]})

    assert "attract_prompts" in problem(owner.patch(PATH, {"prompt_max": 5}))["errors"]
