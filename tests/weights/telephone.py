"""Measures how a network of painter, tagger and storyteller wanders (figures in docs/local-models.md).

    python -m tests.weights.telephone --weights-dir var/weights [--laps 50] [--run 0 --run 3 …]

prints for each prompt how many nouns its captions name and how far pictures 20 steps apart are from
each other in the first and in the second half, ten consecutive outputs, and the commonest nouns of all.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from local_models.painter.painting import paint
from local_models.protocol import HostRequest
from local_models.tagger.caption import noun
from local_models.tagger.tagging import Tagger
from local_models.weights import WEIGHTS
from local_models.writer.writing import writer

PROMPTS = (
    "the last phone box in the mountains",
    "a choir of snails at the opera",
    "my brother sells clouds by the kilo",
    "an empty swimming pool full of letters",
    "the mayor's dog inherits a piano",
    "wind in a house without walls",
    "three astronauts peel potatoes",
    "a museum for lost gloves",
    "it never stopped being Tuesday",
    "the tiger asks for directions",
)
APART = 7  # laps: about 20 steps


class Telephone:
    """The three models, asked in turn as a network would."""

    def __init__(self, folder: Path) -> None:
        path = {name: weight.path(folder) for name, weight in WEIGHTS.items()}
        self.tagger = Tagger(path["efficientnet-lite0"], path["imagenet-labels"])
        self.write = writer("storyteller", path["smollm2"])
        names = {noun(label) for label in self.tagger.labels}
        self.nouns = sorted(names, key=len, reverse=True)

    def run(self, run: int, laps: int) -> tuple[list[str], list[str], list[float]]:
        """Captions, all words in order, and the distances of pictures APART laps apart."""
        text, captions, outputs, small = PROMPTS[run], [], [], []
        for lap in range(laps):
            key = f"run {run} lap {lap}"
            picture = paint(HostRequest("local:painter", text=text, key=key)).data
            with tempfile.NamedTemporaryFile(suffix=".webp") as file:
                file.write(picture)
                file.flush()
                tagged = self.tagger.caption(HostRequest("local:tagger", path=file.name, key=key))
            caption = tagged.text or ""
            told = self.write(HostRequest("local:storyteller", text=caption, key=key))
            text = told.text or ""
            captions.append(caption)
            outputs += [caption, text]
            thumbnail = Image.open(io.BytesIO(picture)).convert("RGB").resize((32, 18))
            small.append(np.asarray(thumbnail, np.float32).ravel() / 255)
        distances = [
            float(np.linalg.norm(a - b)) for a, b in zip(small, small[APART:], strict=False)
        ]
        return captions, outputs, distances

    def nouns_in(self, caption: str) -> set[str]:
        rest, found = caption.casefold(), set()
        for name in self.nouns:
            pattern = rf"(?<!\w){re.escape(name.casefold())}(?!\w)"
            if re.search(pattern, rest):
                found.add(name)
                rest = re.sub(pattern, " ", rest)
        return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.weights.telephone")
    parser.add_argument("--weights-dir", type=Path, required=True)
    parser.add_argument("--laps", type=int, default=50)
    parser.add_argument("--run", type=int, action="append", help="the number of a prompt")
    options = parser.parse_args()
    telephone, pooled, captions_made = Telephone(options.weights_dir), Counter[str](), 0
    for run in options.run or range(len(PROMPTS)):
        captions, outputs, distances = telephone.run(run, options.laps)
        nouns = [telephone.nouns_in(caption) for caption in captions]
        for found in nouns:
            pooled.update(found)
        captions_made += len(captions)
        half = len(distances) // 2
        lines = [
            f"{PROMPTS[run]!r}: {len(set().union(*nouns))} nouns,"
            f" distance {np.mean(distances[:half]):.2f} then {np.mean(distances[half:]):.2f}",
            *(f"    {output}" for output in outputs[20:30]),
            f"{captions_made} captions, {len(pooled)} nouns: {pooled.most_common(12)}",
        ]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
