"""What people leave on runs and make of them: ratings, contact sheets, short addresses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone
from ninja import Router, Status
from pydantic import BaseModel, Field

from accounts.api_auth import ApiRequest, Caller
from accounts.models import User
from invocations import chosen, souvenirs
from invocations.models import Rating, Run, Sheet, StepAlias
from invocations.models.rating import STARS
from invocations.models.sheet import STEPS_MOST
from networks import access
from networks.fields import Invalid
from networks.schemas import Given

from . import runs, steps

routes = Router(tags=["runs"])


class StarsIn(Given):
    stars: Annotated[int, Field(ge=STARS[0], le=STARS[-1])]


class RatingOut(BaseModel):
    """The average of everybody's stars, and one's own."""

    rating: float | None
    mine: int | None


class SheetIn(Given):
    sequences: Annotated[list[int], Field(min_length=1, max_length=STEPS_MOST)]
    title: str = Field("", max_length=100)


class SheetOut(BaseModel):
    """Steps of a run, hung together under an address that opens them."""

    id: str
    run: str
    title: str
    sequences: list[int]
    url: str
    created_at: datetime

    @classmethod
    def of(cls, sheet: Sheet) -> SheetOut:
        return cls(
            id=sheet.public_id,
            run=sheet.run.public_id,
            title=sheet.title,
            sequences=sheet.sequences,
            url=settings.PUBLIC_URL.rstrip("/") + sheet.get_absolute_url(),
            created_at=sheet.created_at,
        )


class ShortOut(BaseModel):
    code: str
    url: str


@routes.put("/runs/{slug:run_id}/rating", response=RatingOut)
def rate(request: ApiRequest, run_id: str, body: StarsIn) -> RatingOut:
    """One's own stars; sent again they replace those of before."""
    return _rate(request.auth, run_id, body.stars)


@routes.delete("/runs/{slug:run_id}/rating", response=RatingOut)
def unrate(request: ApiRequest, run_id: str) -> RatingOut:
    """Takes one's own stars back."""
    return _rate(request.auth, run_id, None)


@routes.post("/runs/{slug:run_id}/sheets", response={201: SheetOut})
def make_sheet(request: ApiRequest, run_id: str, body: SheetIn) -> Status[SheetOut]:
    """Hangs steps together; whoever has the sheet's address may look at them."""
    run = runs.find(request.auth, run_id)
    access.check_control(request.auth, run.network)
    try:
        sheet = chosen.make_sheet(
            run=run,
            sequences=body.sequences,
            title=body.title,
            made_by=_user(request.auth),
            at=timezone.now(),
        )
    except chosen.NothingChosen as refusal:
        raise Invalid({"sequences": str(refusal)}) from refusal
    return Status(201, SheetOut.of(sheet))


@routes.get("/sheets/{slug:sheet_id}", response=SheetOut)
def get_sheet(request: ApiRequest, sheet_id: str) -> SheetOut:
    """For whoever has its id: it cannot be guessed."""
    return SheetOut.of(_sheet(sheet_id))


@routes.delete("/sheets/{slug:sheet_id}", response={204: None})
def delete_sheet(request: ApiRequest, sheet_id: str) -> Status[None]:
    sheet = _sheet(sheet_id)
    access.check_control(request.auth, sheet.run.network)
    sheet.delete()
    return Status(204, None)


@routes.delete("/souvenirs/{slug:key}", response={204: None})
def withdraw(request: ApiRequest, key: str, mine: str = "") -> Status[None]:
    """Takes a visitor's words back: the run stops, and only who looks after its network sees it.

    For whoever holds the visitor's own address, which has `mine` in it.
    """
    run = souvenirs.of_key(key)
    if run is None:
        raise Http404("There is no such souvenir.")
    try:
        souvenirs.withdraw(run=run, shown=mine, at=timezone.now())
    except souvenirs.NotTheirs as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    return Status(204, None)


@routes.post("/invocations/{slug:invocation_id}/short", response=ShortOut)
def shorten(request: ApiRequest, invocation_id: str) -> ShortOut:
    """A short address of the step, for TV remotes; the same one each time."""
    step = steps.find(request.auth, invocation_id)
    access.check_control(request.auth, step.network)
    alias = StepAlias.of(step)
    url = settings.PUBLIC_URL.rstrip("/") + alias.get_absolute_url()
    return ShortOut(code=alias.code, url=url)


def _rate(caller: Caller, run_id: str, stars: int | None) -> RatingOut:
    run: Run = runs.find(caller, run_id)
    person = _user(caller)
    Rating.give(run, person, stars, at=timezone.now())
    return RatingOut(rating=run.rating, mine=stars)


def _user(caller: Caller) -> User:
    if caller.user is None:
        raise access.refused(caller, "somebody who is signed in")
    return caller.user


def _sheet(sheet_id: str) -> Sheet:
    found = Sheet.objects.select_related("run__network").filter(run__withdrawn_at__isnull=True)
    sheet = found.filter(public_id=sheet_id).first()
    if sheet is None:
        raise Http404("There is no such contact sheet.")
    return sheet
