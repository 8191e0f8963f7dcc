from __future__ import annotations

import pytest

from platforms.base import JSON
from platforms.parameters import problems, unknown_keywords
from platforms.registry import get_model

DUMMY = get_model("dummy:text-to-text").parameters


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"delay_seconds": 0, "noop": True},
        {"delay_seconds": 1.5, "fail": ["Unavailable", "RateLimited:2", None, "Refused:invalid"]},
    ],
)
def test_what_fits_has_no_problems(value: object) -> None:
    assert problems(DUMMY, value) == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "parameters must be of type object."),
        ({"delay_seconds": "long"}, "delay_seconds must be of type number."),
        ({"delay_seconds": True}, "delay_seconds must be of type number."),
        ({"delay_seconds": -1}, "delay_seconds must be 0 or more."),
        ({"delay_seconds": 1e9}, "delay_seconds must be 3600 or less."),
        ({"noop": 1}, "noop must be of type boolean."),
        ({"fail": "Unavailable"}, "fail must be of type array."),
        ({"fail": ["Boom"]}, "fail, entry 1, does not have the expected form."),
        ({"speed": 1}, "parameters has no speed; it takes delay_seconds, fail, noop."),
    ],
)
def test_what_does_not_fit_is_said_in_words(value: object, words: str) -> None:
    assert problems(DUMMY, value) == [words]


def test_every_problem_is_reported_at_once() -> None:
    assert len(problems(DUMMY, {"delay_seconds": -1, "noop": "yes", "x": 1})) == 3


def test_one_of_a_few_is_listed() -> None:
    schema = {"type": "string", "enum": ["1:1", "16:9"], "maxLength": 3}

    assert problems(schema, "21:9", "aspect_ratio") == [
        "aspect_ratio must be one of 1:1, 16:9.",
        "aspect_ratio must have at most 3 characters.",
    ]


def test_a_keyword_that_would_be_ignored_is_found_at_any_depth() -> None:
    schema: JSON = {"properties": {"a": {"items": {"oneOf": []}}}, "if": {}}

    assert unknown_keywords(schema) == {"oneOf", "if"}
