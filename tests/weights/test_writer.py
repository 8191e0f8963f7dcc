"""The writers with their real weights."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from local_models.protocol import HostRequest
from local_models.writer.personas import PERSONAS
from local_models.writer.writing import writer

PROMPTS = [
    f"{start} teapot {end}"
    for start in ("a quiet", "the green", "an angry")
    for end in ("at noon", "forgets its name")
]


@pytest.mark.parametrize("persona", PERSONAS)
def test_the_real_model_gives_a_sentence_for_everything(
    weights: dict[str, Path], persona: str
) -> None:
    write = writer(persona, weights["smollm2"])

    texts = [
        write(HostRequest(f"local:{persona}", text=prompt, key=prompt)).text or ""
        for prompt in PROMPTS
    ]

    assert len(set(texts)) >= 0.9 * len(PROMPTS)
    assert all(text and text[-1] in '.!?…"' for text in texts)
    assert all(len(text) <= 260 for text in texts)


def test_the_real_model_repeats_itself_only_with_a_seed(weights: dict[str, Path]) -> None:
    write = writer("storyteller", weights["smollm2"])

    def written(key: str, **parameters: object) -> str | None:
        request = HostRequest("local:storyteller", text="a fox", key=key, parameters=parameters)
        return write(request).text

    assert written("a", seed=5) == written("b", seed=5)
    assert len({written(key) for key in "abc"}) > 1


def test_the_real_model_opens_no_port(weights: dict[str, Path]) -> None:
    writer("rewriter", weights["smollm2"])

    listening = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=False)

    assert f"pid={os.getpid()}," not in listening.stdout
