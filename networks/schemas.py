"""Networks as JSON: what is taken in and what is given out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, Strict, model_validator

from . import banned, pacing, rings
from .fields import BUDGETS, Invalid
from .models import Network, RefusalPolicy, Share, TerminalToken

# They change by themselves, so that what was read a moment ago may differ: passed over.
READ_ONLY = frozenset({"runnable", "problems", "running", "viewers"})
# They never change: to send back what was read is fine, anything else is refused.
FIXED = frozenset({"id", "created_at"})
OF_ADDRESS = {"slug", "archived", *FIXED}  # not written as they come; see networks/changes.py


class Given(BaseModel):
    """What a caller sends: nothing is converted, and nothing unknown is passed over."""

    model_config = ConfigDict(strict=True, extra="forbid")


class SlotIn(Given):
    model: str = Field(max_length=200)
    parameters: dict[str, Any] | None = None
    fallback: str | None = Field(None, max_length=200)

    def as_slot(self) -> rings.Slot:
        return rings.Slot(self.model, self.parameters or {}, self.fallback or "")


class PacingIn(Given):
    until_seconds: float | None = None
    delay_seconds: float


class BudgetsIn(Given):
    usd_per_day: float | None = None
    calls_per_hour: float | None = None
    laps_per_run: float | None = None
    hours_per_run: float | None = None


class NetworkChange(Given):
    """What can be changed of a network. What was read can be sent back: `runnable`, `problems`,
    `running` and `viewers` are passed over, `id` and `created_at` must be those of the network."""

    id: str = ""
    created_at: Annotated[datetime | None, Strict(False)] = None
    slug: str = Field("", description="Another address; the old one leads here from then on.")
    name: str = ""
    description: str = ""
    public: bool = False
    open_terminal: bool = Field(False, description="While it is public, anybody may type.")
    archived: bool = Field(False, description="Hidden from lists; nothing runs on it.")
    slots: list[SlotIn] = Field(default_factory=list)
    model_ids: list[str] = Field(
        default_factory=list, description="Instead of `slots`, where they need no parameters."
    )
    lockout_seconds: int = 30
    pacing: list[PacingIn] = Field(default_factory=list)
    budgets: BudgetsIn = Field(default_factory=BudgetsIn)
    refusal_policy: str = Field(
        RefusalPolicy.SUBSTITUTE.value,
        json_schema_extra={"enum": list[JsonValue](RefusalPolicy.values)},
    )
    replay: bool = True
    prompt_max: int = 2_000
    attract_prompts: list[str] = Field(default_factory=list)
    banned_words: list[str] = Field(
        default_factory=list, description="Whole words and phrases; `kill*` is a beginning."
    )
    language_hint: str = Field("", description="A line for visitors, under what they type.")

    @model_validator(mode="before")
    @classmethod
    def _pass_over(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {name: given for name, given in value.items() if name not in READ_ONLY}

    @property
    def ring(self) -> list[rings.Slot] | None:
        """The ring, None where it was not given. Raises Invalid where it was given twice."""
        given = self.model_fields_set
        ids = [rings.Slot(model) for model in self.model_ids]
        if "slots" not in given:
            return ids if "model_ids" in given else None
        slots = [slot.as_slot() for slot in self.slots]
        if "model_ids" in given and [slot.model for slot in slots] != self.model_ids:
            raise Invalid({"model_ids": "`slots` and `model_ids` name different models."})
        return slots

    @property
    def values(self) -> dict[str, Any]:
        """The other fields that were given."""
        found = self.model_dump(exclude_unset=True, exclude={"slots", "model_ids", *OF_ADDRESS})
        if "pacing" in found:  # spelt out in full, as the engine reads it
            found["pacing"] = [step.model_dump() for step in self.pacing]
        if "name" in found:
            found["name"] = self.name.strip()
        if "banned_words" in found:
            found["banned_words"] = banned.tidy(self.banned_words)
        if "language_hint" in found:
            found["language_hint"] = self.language_hint.strip()
        return found


class NetworkIn(NetworkChange):
    """A new network."""

    name: str


class SlotOut(BaseModel):
    model: str
    parameters: dict[str, Any]
    fallback: str | None


class PacingOut(BaseModel):
    until_seconds: float | None
    delay_seconds: float | None


class BudgetsOut(BaseModel):
    usd_per_day: float | None
    calls_per_hour: float | None
    laps_per_run: float | None
    hours_per_run: float | None


class NetworkOut(BaseModel):
    """A ring of models and how it behaves."""

    id: str
    slug: str
    name: str
    description: str
    public: bool
    open_terminal: bool
    archived: bool
    slots: list[SlotOut]
    model_ids: list[str]
    lockout_seconds: int
    pacing: list[PacingOut]
    budgets: BudgetsOut
    refusal_policy: str
    replay: bool
    prompt_max: int
    attract_prompts: list[str]
    banned_words: list[str] | None = Field(description="Null for those who only look.")
    language_hint: str
    runnable: bool
    problems: list[str]
    running: bool
    viewers: int
    created_at: datetime

    @classmethod
    def of(cls, network: Network, *, running: bool, viewers: int, told: bool) -> NetworkOut:
        problems = network.problems()
        slots = [SlotOut.model_validate(slot.as_json()) for slot in network.ring]
        limits = network.budgets or {}
        return cls(
            id=network.public_id,
            slug=network.slug,
            name=network.name,
            description=network.description,
            public=network.public,
            open_terminal=network.open_terminal,
            archived=network.archived,
            slots=slots,
            model_ids=[slot.model for slot in slots],
            lockout_seconds=network.lockout_seconds,
            pacing=[_step(step) for step in network.pacing],
            budgets=BudgetsOut(**{name: limits.get(name) for name in BUDGETS}),
            refusal_policy=network.refusal_policy,
            replay=network.replay,
            prompt_max=network.prompt_max,
            attract_prompts=network.attract_prompts,
            banned_words=network.banned_words if told else None,
            language_hint=network.language_hint,
            runnable=not problems,
            problems=problems,
            running=running,
            viewers=viewers,
            created_at=network.created_at,
        )


def _step(step: pacing.Step) -> PacingOut:
    return PacingOut(
        until_seconds=step.get("until_seconds"), delay_seconds=step.get("delay_seconds")
    )


class TerminalTokenOut(BaseModel):
    """A guest's key; its text is in this answer and nowhere else."""

    id: str
    token: str
    url: str
    expires_at: datetime

    @classmethod
    def of(cls, token: TerminalToken, plain: str, url: str) -> TerminalTokenOut:
        return cls(id=token.public_id, token=plain, url=url, expires_at=token.expires_at)


class HoldingsOut(BaseModel):
    """What goes with a network. `media_counted` is false where there are more media than counted."""

    runs: int
    steps: int
    media: int
    media_bytes: int
    media_counted: bool
    installations: int
    displays: int
    terminal_tokens: int
    shares: int
    running: bool


class ShareIn(Given):
    email: str = Field(max_length=254)


class ShareOut(BaseModel):
    """An address a network is shared with; whether it has an account is not told."""

    id: str
    email: str
    created_at: datetime

    @classmethod
    def of(cls, share: Share) -> ShareOut:
        return cls(id=share.public_id, email=share.email, created_at=share.created_at)


class CopyIn(Given):
    name: str | None = Field(None, description="Else “Copy of …”.")
