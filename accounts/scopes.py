"""What a token may be used for: few words, each on its own, none of them implied by another.

A token never does more than its person may; a scope only takes away. Without `admin`, a token of an
admin speaks for a curator like any other.
"""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    READ = "read"
    START = "start"
    CONTROL = "control"
    EDIT = "edit"
    ADMIN = "admin"

    @property
    def meaning(self) -> str:
        return MEANINGS[self]


MEANINGS = {
    Scope.READ: "look at networks, runs, steps, displays and events",
    Scope.START: "start runs, go on from a step, make codes for visitors",
    Scope.CONTROL: "stop, pause and resume",
    Scope.EDIT: "make, change, share and delete networks and displays",
    Scope.ADMIN: "what only admins may: everybody's networks, stop all, the log",
}
