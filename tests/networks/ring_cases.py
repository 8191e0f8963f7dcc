"""The rules of a ring as cases: which rings are good, and what is said of those that are not.

Every door that saves a ring is tried with all of them (tests/api/test_ring_rules.py, and the editor's
page in tests/networks/test_ring_rules_page.py).
"""

from __future__ import annotations

from dataclasses import dataclass

T2T, T2I, T2A, T2V = (f"dummy:text-to-{kind}" for kind in ("text", "image", "audio", "video"))
I2T, I2I, I2A = (f"dummy:image-to-{kind}" for kind in ("text", "image", "audio"))
A2T, V2T = "dummy:audio-to-text", "dummy:video-to-text"
DEPRECATED = "replicate:flux-schnell"


@dataclass(frozen=True)
class Good:
    """A ring that every rule admits, and the rule that one might think it breaks."""

    name: str
    ring: tuple[str, ...]


@dataclass(frozen=True)
class Bad:
    """A ring that breaks a rule, and all that is said of it, in order, each in part."""

    name: str
    ring: tuple[str, ...]
    said: tuple[str, ...]


GOOD = (
    Good("one model from text to text is a ring", (T2T,)),
    Good("the same model may stand there again and again", (T2T, T2T, T2T)),
    Good("it goes out of text and comes back", (T2I, I2T)),
    Good("a model may turn a modality into itself", (T2I, I2I, I2I, I2T)),
    Good("it may change its modality at every slot", (T2I, I2A, A2T)),
    Good("clips are a modality like the others", (T2V, V2T)),
    Good("a deprecated model is still a model", (DEPRECATED, I2T)),
)
BAD = (
    Bad(
        "every unknown model is named and what is known is judged all the same",
        (I2A, "dummy:nope", T2I, "acme:gone"),
        (
            "Slot 2: there is no model called “dummy:nope”",
            "Slot 4: there is no model called “acme",
            "Slot 1: “Dummy image to audio” takes image",
        ),
    ),
    Bad("a saved ring is not empty", (), ("The ring is empty",)),
    Bad(
        "the first model must take text, for a prompt is text",
        (I2I,),
        ("Slot 1: “Dummy image to image” takes image, but a prompt is text",),
    ),
    Bad(
        "the first model must take text even where the ring would close",
        (A2T, T2A),
        ("Slot 1: “Dummy audio to text” takes audio, but a prompt is text",),
    ),
    Bad(
        "each model takes what the one before it gives",
        (T2I, T2T),
        ("Slot 1 to 2: “Dummy text to image” gives image, but “Dummy text to text” takes text",),
    ),
    Bad(
        "clips fit nothing but what takes clips",
        (T2V, I2T),
        ("Slot 1 to 2: “Dummy text to video” gives video, but “Dummy image to text” takes image",),
    ),
    Bad(
        "the last model must give what the first one takes",
        (T2T, T2I),
        ("The ring does not close: “Dummy text to image” at the end gives image",),
    ),
    Bad(
        "every mismatch is told at once",
        (I2A, T2I, T2I, T2A),
        (
            "Slot 1: “Dummy image to audio” takes image",
            "Slot 1 to 2: “Dummy image to audio” gives audio",
            "Slot 2 to 3: “Dummy text to image” gives image",
            "Slot 3 to 4: “Dummy text to image” gives image",
            "The ring does not close: “Dummy text to audio” at the end gives audio",
        ),
    ),
)


def are_as_expected(problems: list[str], case: Bad) -> bool:
    """Whether the problems are those of the case, all of them and no more."""
    return len(problems) == len(case.said) and all(
        problem.startswith(said) for problem, said in zip(problems, case.said, strict=True)
    )
