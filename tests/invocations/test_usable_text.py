"""A text in which nothing can be seen is none."""

from __future__ import annotations

import pytest

from invocations import prompts
from invocations.engine.outcomes import usable_text
from platforms.errors import Unusable

BLANK = ["", " \n\t", "\u200b", "\u200b\u200d\ufeff", "\u2060 \u00a0", "\u202e\u202c", "\u00ad"]
BLANK += ["\u3164\u115f", "\u2800\u2800", "\ufe0f", "\u034f\u0301", "\0\u200b", "\U000e0041"]


@pytest.mark.parametrize("text", BLANK)
def test_nothing_to_be_seen_is_no_text(text: str) -> None:
    with pytest.raises(Unusable, match="empty text"):
        usable_text(text)
    with pytest.raises(prompts.BadPrompt):
        prompts.clean(text, 100)


@pytest.mark.parametrize("text", [".", "0", "\u2603\ufe0f", "e\u0301", "\u05d0\u200f", "\u0e33"])
def test_a_single_sign_is_one(text: str) -> None:
    assert usable_text(text) == text
    assert prompts.clean(text, 100) == text
