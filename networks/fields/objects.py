"""Network fields that are objects of their own, as the API takes and gives them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from lib.schemas import StrictSchema
from networks.rings import Slot


class SlotIn(StrictSchema):
    model: str = Field(max_length=200)
    parameters: dict[str, Any] | None = None
    fallback: str | None = Field(None, max_length=200)

    def as_slot(self) -> Slot:
        return Slot(self.model, self.parameters or {}, self.fallback or "")


class SlotOut(BaseModel):
    model: str
    parameters: dict[str, Any]
    fallback: str | None


class PacingIn(StrictSchema):
    until_seconds: float | None = None
    delay_seconds: float


class PacingOut(BaseModel):
    until_seconds: float | None
    delay_seconds: float | None


class BudgetsIn(StrictSchema):
    usd_per_day: float | None = None
    calls_per_hour: float | None = None
    laps_per_run: float | None = None
    hours_per_run: float | None = None


class BudgetsOut(BaseModel):
    usd_per_day: float | None
    calls_per_hour: float | None
    laps_per_run: float | None
    hours_per_run: float | None
