"""Whom an offer of a model is for, where it is not for everybody."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OfferAudience:
    """Whose networks one who offers a model serves.

    `person`: only those of this person. `only_tag`: only those that carry this tag. A network that
    carries a tag is served only by those who have it among their `tags`.
    """

    person: int | None = None
    tags: frozenset[str] = frozenset()
    only_tag: str = ""
    awake: bool = True

    def includes(self, owner: int | None, tag: str | None) -> bool:
        """A network of this owner with this tag. None as a tag: whatever tag a network of theirs has."""
        if self.person is not None and self.person != owner:
            return False
        if tag is None:
            return True
        return tag == self.only_tag if self.only_tag else not tag or tag in self.tags
