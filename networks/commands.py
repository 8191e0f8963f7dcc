"""What a person does in the ring editor, as its form says it: a verb, places, names of models."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from .edits import Impossible


@dataclass(frozen=True, slots=True)
class Command:
    """`do` is a verb and its places: `remove 3`, `move 3 1`, `bridge 2 dummy:image-to-text`."""

    verb: str
    words: tuple[str, ...]
    form: QueryDict
    seen: str  # the mark of the draft it was given before
    key: str  # names this very command: sent twice it is done once

    @classmethod
    def from_form(cls, form: QueryDict) -> Command:
        verb, *words = form.get("do", "").split() or [""]
        return cls(verb, tuple(words), form, form.get("seen", ""), form.get("key", "")[:40])

    def place(self, number: int = 0) -> int:
        word = self.words[number] if number < len(self.words) else ""
        if not word.isascii() or not word.isdigit() or len(word) > 4:
            raise Impossible("This page did not say which slot it meant: load it again.")
        return int(word)

    def text(self, name: str) -> str:
        return self.form.get(name, "")

    @property
    def landing(self) -> str:
        """Where on the page to go on from, for those whose page begins anew."""
        return "add" if self.verb in ("add", "replace", "begin") else "ring"

    @property
    def repeat(self) -> list[tuple[str, str]]:
        """The fields of the form that gave it, to give it again."""
        left_out = {"seen", "key", "csrfmiddlewaretoken"}
        pairs = [(name, text) for name, texts in self.form.lists() for text in texts]
        return [(name, text) for name, text in pairs if name not in left_out]
