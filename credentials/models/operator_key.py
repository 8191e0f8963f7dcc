"""What is known of the operator's keys, which come from the environment."""

from __future__ import annotations

from .key import Key


class OperatorKey(Key):
    """What is known of a key of the environment; the key itself is nowhere in the database."""

    def __str__(self) -> str:
        return f"the operator's key ({self.platform})"

    # Mutators

    def _note(self, **fields: object) -> None:
        """Its row is made when there is something to say of it for the first time."""
        known = {"platform": self.platform, **fields}
        OperatorKey.objects.update_or_create(fingerprint=self.fingerprint, defaults=known)
        for name, value in fields.items():
            setattr(self, name, value)
