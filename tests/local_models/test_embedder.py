"""The embedder: the pieces of a text, none of them left out, and no vector of zeros."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from local_models.embedder.embedding_calls import reply_with
from local_models.embedder.minilm import cut_evenly
from local_models.embedder.wordpiece import WordPieces
from local_models.loaders import EMBEDDERS, thread_of_model
from local_models.protocol import UnusableInput

PIECES = ["[UNK]", "[CLS]", "[SEP]", "a", "red", "balloon", "##s", "cafe", ",", "世", "-"]


@pytest.fixture
def pieces(tmp_path: Path) -> WordPieces:
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(PIECES), encoding="utf-8")
    return WordPieces(path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A red balloon", ["a", "red", "balloon"]),
        ("balloons,red", ["balloon", "##s", ",", "red"]),
        ("Café", ["cafe"]),
        ("a世red", ["a", "世", "red"]),
        ("zebra a", ["[UNK]", "a"]),
        ("red-red", ["red", "-", "red"]),
        ("a\u200b\x00red", ["[UNK]"]),
        ("", []),
    ],
)
def test_a_text_is_cut_into_the_longest_pieces(
    pieces: WordPieces, text: str, found: list[str]
) -> None:
    assert [PIECES[number] for number in pieces.numbers(text)] == found


@pytest.mark.parametrize("length", [0, 1, 254, 255, 508, 509, 5_000])
def test_no_piece_of_a_long_text_is_left_out(length: int) -> None:
    parts = cut_evenly(list(range(length)), 254)

    assert [piece for part in parts for piece in part] == list(range(length))
    assert max(len(part) for part in parts) <= 254
    assert len(parts) == max(1, -(-length // 254))


@pytest.mark.parametrize("bad", [np.zeros(384), np.full(384, np.nan)])
def test_a_vector_that_says_nothing_is_no_answer(bad: np.ndarray) -> None:
    with pytest.raises(UnusableInput):
        reply_with([np.ones(384, np.float32), bad.astype(np.float32)])


def test_embedders_have_a_thread_of_their_own() -> None:
    assert {thread_of_model(model) for model in EMBEDDERS} == {"embedder"}
    assert thread_of_model("local:tagger") != "embedder"
