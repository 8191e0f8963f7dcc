"""Cards for a network that repeats itself: a few of the words it was given, and one instruction.

The idea is that of Oblique Strategies; every card here is our own. The words stay in front, so
that the next model has a subject; the text of earlier cards is dropped, so nothing grows.
"""

from __future__ import annotations

import hashlib

from .protocol import HostReply, HostRequest, UnusableInput

MAX_WORDS = 12
CARDS = (
    "Take away the thing it is about.",
    "Let the smallest part lead.",
    "Do it again, with gloves on.",
    "Move everything one step to the left.",
    "Who is not in the picture?",
    "Say it to somebody who is asleep.",
    "Use only what is already on the table.",
    "Make the background speak first.",
    "What would it be in a kitchen?",
    "Leave the door open and see who comes.",
    "Swap the beginning and the weather.",
    "Give the mistake a chair.",
    "Paint the sound it makes when it stops.",
    "Half as much, twice as near.",
    "Describe the shadow only.",
    "It happened a hundred years ago.",
    "Somebody has borrowed it and brought it back changed.",
    "Keep the colour, lose the object.",
    "Now it is very large and nobody minds.",
    "Ask the oldest person in the room.",
    "Fold it twice.",
    "Begin where you meant to end.",
    "What is behind the camera?",
    "Turn the loudest part into furniture.",
    "Let it rain inside.",
    "Only the edges are true.",
    "Make it for one person, by name.",
    "Repeat it until it is a pattern.",
    "Stop one second earlier.",
    "Pretend that this was the easy part.",
    "Count something nobody has counted.",
    "The other way up.",
    "Hand it to a child.",
    "Build it out of what was thrown away.",
    "Make a map of it instead.",
    "Something in it is older than the rest.",
    "Remove every straight line.",
    "Let two strangers meet in it.",
    "Wait until it is dark, then look again.",
    "What does it weigh?",
    "Write the sign that hangs next to it.",
    "Slow it down until it is a place.",
    "Trust the ugliest idea.",
    "Tell it as a rumour.",
    "There is only one of these left.",
    "Cover the middle with your hand.",
    "Do the polite version.",
    "Put a window in it.",
    "It is listening to you.",
    "Borrow the ending of something else.",
    "What would a bird keep of this?",
    "Make it unnecessary.",
    "As seen from underneath.",
    "Let it be late for something.",
    "Give the same answer to another question.",
    "Draw the tool, not the work.",
    "Whatever is in pairs, separate.",
    "Send it by post.",
    "It was never finished; show where.",
    "Be generous with the wrong thing.",
    "Name it after a river.",
    "Exchange inside and outside.",
    "Everyone has left; the lights are on.",
    "Choose the second thought.",
)
_ENDS = ".!?…"


def pick_card(request: HostRequest) -> HostReply:
    """The same card for the same words only where a seed is set."""
    subject = _subject(request.text)
    if not subject:
        raise UnusableInput("There are no words to draw a card for.")
    fixed = request.parameters.get("seed")
    chance = fixed if isinstance(fixed, int) else f"{request.key}/{request.number}"
    digest = hashlib.blake2b(f"{subject}\n{chance}".encode(), digest_size=8).digest()
    card = CARDS[int.from_bytes(digest, "big") % len(CARDS)]
    return HostReply(text=f"{subject} {card}")


def _subject(text: str) -> str:
    """The first words up to the first end of a sentence, closed with a full stop."""
    taken: list[str] = []
    for word in text.split()[:MAX_WORDS]:
        taken.append(word)
        if word[-1] in _ENDS:
            break
    words = " ".join(taken).rstrip(_ENDS + ",;:-\u2013\u2014")[:200]
    return f"{words}." if any(sign.isalnum() for sign in words) else ""
