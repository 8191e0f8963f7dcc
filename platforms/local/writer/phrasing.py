"""From somebody's words to a prompt, and from the model's answer to one sentence."""

from __future__ import annotations

import re

LONGEST_BYTES = 320  # at worst one token each, which still fits the context
LONGEST_SENTENCE = 240
FEWEST_WORDS = 4
DASHES = "-\u2013\u2014"
QUOTES = "\"'\u201c\u201d\u2018\u2019" + DASHES
END = re.compile(r"(?<=[.!?…])[\"'\u201d\u2019)]*\s+")
# Answers about the task in place of the task done.
OFF_DUTY = re.compile(
    r"\b(as an ai|language model|i'm sorry|i am sorry|i can't assist|rephrase|rewritten|sentence|"
    r"in other words|let me know|here is a|here's a)\b",
    re.IGNORECASE,
)
# A toy has no judgement: what nobody wants on a wall unasked is asked for again.
UNFIT = re.compile(
    r"\b(sex\w*|porn\w*|nud[ei]\w*|naked|rap(e|ed|ist)|slut|whore\w*|bitch\w*|fuck\w*|shit\w*|nigg\w*|"
    r"fag\w*|nazi\w*|hitler|suicid\w*|molest\w*|incest|pedo\w*|genocide|terroris\w*|slave\w*)\b",
    re.IGNORECASE,
)


def tidied(text: str) -> str:
    """The words on one line, without control tokens, and no longer than the model can take."""
    line = " ".join(text.replace("<|", " ").replace("|>", " ").split())
    if len(line.encode()) <= LONGEST_BYTES:
        return line
    cut = line.encode()[:LONGEST_BYTES].decode(errors="ignore")
    return cut.rpartition(" ")[0] or cut


def sentence(answer: str, *, ended: bool) -> str:
    """The first whole sentence of an answer, capitalised and closed; empty where there is none."""
    line = " ".join(answer.split()).strip(QUOTES + "*_-:;, ")
    parts = END.split(line)
    found = parts[0]
    if len(parts) > 1 and len(found.split()) < FEWEST_WORDS:
        found = f"{found} {parts[1]}"
        parts = parts[1:]
    if len(parts) == 1 and not ended:
        found = _shortened(found)
    found = found.strip().rstrip(DASHES + ",;: ")[:LONGEST_SENTENCE]
    if found.count('"') % 2:
        found = found.replace('"', "")
    if not any(sign.isalpha() for sign in found):
        return ""
    found = found[0].upper() + found[1:]
    return found if found[-1] in '.!?…"”' else found + "."


def usable(found: str, *, given: str, examples: tuple[str, ...]) -> bool:
    """Whether it is an answer: long enough, not an echo, not an example, not a refusal."""
    if len(found.split()) < FEWEST_WORDS or OFF_DUTY.search(found) or UNFIT.search(found):
        return False
    bare = _bare(found)
    return bare != _bare(given) and all(bare != _bare(example) for example in examples)


def lowered(text: str) -> str:
    """To go on in the middle of a sentence: no capital, no full stop."""
    open_end = text.rstrip(".!?… ")
    if not open_end or open_end[:2].isupper() or open_end.split()[0] == "I":
        return open_end or text
    return open_end[0].lower() + open_end[1:]


def _shortened(text: str) -> str:
    """Back to the last pause of a sentence that was cut off, if enough is left of it."""
    at = max(text.rfind(mark) for mark in (", ", "; ", " - ", " \u2013 "))
    if at > len(text) * 0.4:
        return text[:at]
    words = text.split()
    while len(words) > FEWEST_WORDS and len(words[-1]) < 5:
        words.pop()
    return " ".join(words)


def _bare(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())
