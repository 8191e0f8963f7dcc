"""The embedder with its real weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from local_models.embedder.embedding_calls import ImageEmbedder, TextEmbedder
from local_models.embedder.minilm import MiniLM
from local_models.protocol import HostRequest

PHOTOGRAPH = Path(__file__).with_name("cat.jpg")


@pytest.fixture
def model(weights: dict[str, Path]) -> MiniLM:
    return MiniLM(weights["minilm"], weights["minilm-vocabulary"])


def test_likeness_is_what_the_publisher_says(model: MiniLM) -> None:
    person = model.embed("That is a happy person")
    others = ["That is a happy dog", "That is a very happy person", "Today is a sunny day"]

    found = [float(person @ model.embed(text)) for text in others]

    assert found == pytest.approx([0.695, 0.943, 0.257], abs=0.001)


def test_the_end_of_a_long_text_counts(model: MiniLM) -> None:
    long = "the sea is calm tonight " * 400
    whale = long + "a white whale breaks the ship in two " * 80

    assert float(model.embed(long) @ model.embed(whale)) < 0.97
    assert float(np.linalg.norm(model.embed(whale))) == pytest.approx(1, abs=1e-4)


def test_texts_that_are_calculated_together_do_not_touch_each_other(model: MiniLM) -> None:
    long = "the sea is calm tonight " * 400
    texts = ["a red balloon", long, "", "a white whale", *[f"kite {n}" for n in range(90)]]

    together = list(model.embed_in_turn(texts))

    assert len(together) == len(texts)
    for text, vector in zip(texts, together, strict=True):
        assert np.allclose(vector, model.embed(text), atol=1e-5)


def test_a_busy_embedder_answers_with_what_is_done(weights: dict[str, Path]) -> None:
    embedder = TextEmbedder(weights["minilm"], weights["minilm-vocabulary"])
    texts = ["a red balloon", "a white whale", "a kite"]

    some = embedder(HostRequest("local:embed-text", parameters={"texts": texts, "seconds": 0}))
    all_of_them = embedder(HostRequest("local:embed-text", parameters={"texts": texts}))

    assert len(some.data) == 2 * 384
    assert len(all_of_them.data) == 3 * 2 * 384


def test_a_picture_lies_next_to_itself(weights: dict[str, Path]) -> None:
    embedder = ImageEmbedder(weights["efficientnet-lite0"])

    reply = embedder(HostRequest("local:embed-image", path=str(PHOTOGRAPH)))

    vector = np.frombuffer(reply.data, "<f2").astype(np.float32)
    assert vector.shape == (1280,)
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=0.01)
