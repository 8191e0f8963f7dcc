"""What people leave on runs and make of them: ratings, contact sheets, short addresses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext
from ninja import Router, Status
from pydantic import BaseModel, Field

from accounts.api import permissions
from accounts.api.auth import ApiRequest, Caller
from accounts.models import User
from archive.models import ContactSheet, Rating, ShortAddress
from archive.models.contact_sheet import MAX_STEPS, NoStepsSelected
from archive.models.rating import STARS
from invocations import visitor_access
from invocations.api import runs, steps
from invocations.models import Run
from lib.schemas import StrictSchema, example
from lib.scopes import Scope, requires_scope
from lib.validation import Invalid
from networks import access

routes = Router(tags=["runs"])


class StarsIn(StrictSchema):
    model_config = example({"stars": 4})

    stars: Annotated[int, Field(ge=STARS[0], le=STARS[-1])]


class RatingOut(BaseModel):
    """The average of everybody's stars, and one's own."""

    model_config = example({"rating": 4.5, "mine": 4})

    rating: float | None
    mine: int | None


class ContactSheetIn(StrictSchema):
    model_config = example({"sequences": [0, 3, 12], "title": "Three of the best"})

    sequences: Annotated[list[int], Field(min_length=1, max_length=MAX_STEPS)]
    title: str = Field("", max_length=100)


class ContactSheetOut(BaseModel):
    """Steps of a run, shown together under an address that opens them."""

    id: str
    run: str
    title: str
    sequences: list[int]
    url: str
    created_at: datetime

    @classmethod
    def from_contact_sheet(cls, sheet: ContactSheet) -> ContactSheetOut:
        return cls(
            id=sheet.public_id,
            run=sheet.run.public_id,
            title=sheet.title,
            sequences=sheet.sequences,
            url=settings.PUBLIC_URL.rstrip("/") + sheet.get_absolute_url(),
            created_at=sheet.created_at,
        )


class ShortAddressOut(BaseModel):
    model_config = example({"code": "s7f3kq9", "url": "/r/s7f3kq9"})

    code: str
    url: str


@routes.put("/runs/{slug:run_id}/rating", response=RatingOut)
@requires_scope(Scope.EDIT)
def rate(request: ApiRequest, run_id: str, body: StarsIn) -> RatingOut:
    """One's own stars; sent again they replace those of before."""
    return _rate(request.auth, run_id, body.stars)


@routes.delete("/runs/{slug:run_id}/rating", response=RatingOut)
@requires_scope(Scope.EDIT)
def unrate(request: ApiRequest, run_id: str) -> RatingOut:
    """Takes one's own stars back."""
    return _rate(request.auth, run_id, None)


@routes.post("/runs/{slug:run_id}/sheets", response={201: ContactSheetOut})
@requires_scope(Scope.EDIT)
def make_contact_sheet(
    request: ApiRequest, run_id: str, body: ContactSheetIn
) -> Status[ContactSheetOut]:
    """Makes a contact sheet of steps; whoever has the sheet's address may look at them."""
    run = runs.find(request.auth, run_id)
    access.check_control(request.auth, run.network)
    try:
        sheet = ContactSheet.make(
            run=run,
            sequences=body.sequences,
            title=body.title,
            made_by=_user(request.auth),
        )
    except NoStepsSelected as refusal:
        raise Invalid({"sequences": str(refusal)}) from refusal
    return Status(201, ContactSheetOut.from_contact_sheet(sheet))


@routes.get("/sheets/{slug:sheet_id}", response=ContactSheetOut)
@requires_scope(Scope.READ)
def get_contact_sheet(request: ApiRequest, sheet_id: str) -> ContactSheetOut:
    """For whoever has its id: it cannot be guessed."""
    return ContactSheetOut.from_contact_sheet(_find_contact_sheet(sheet_id))


@routes.delete("/sheets/{slug:sheet_id}", response={204: None})
@requires_scope(Scope.EDIT)
def delete_contact_sheet(request: ApiRequest, sheet_id: str) -> Status[None]:
    sheet = _find_contact_sheet(sheet_id)
    access.check_control(request.auth, sheet.run.network)
    sheet.delete()
    return Status(204, None)


@routes.delete("/souvenirs/{slug:key}", response={204: None})
@requires_scope(Scope.START)
def withdraw(request: ApiRequest, key: str, mine: str = "") -> Status[None]:
    """Takes a visitor's words back: the run stops, and only who looks after its network sees it.

    For whoever holds the visitor's own address, which has `mine` in it.
    """
    run = visitor_access.run_of_key(key)
    if run is None:
        raise Http404(gettext("There is no such visitor page."))
    try:
        visitor_access.withdraw(run=run, shown=mine, at=timezone.now())
    except visitor_access.NotTheVisitor as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    return Status(204, None)


@routes.post("/invocations/{slug:invocation_id}/short", response=ShortAddressOut)
@requires_scope(Scope.CONTROL)
def shorten(request: ApiRequest, invocation_id: str) -> ShortAddressOut:
    """A short address of the step, for TV remotes; the same one each time."""
    step = steps.find(request.auth, invocation_id)
    access.check_control(request.auth, step.network)
    short_address = ShortAddress.get_or_create_for(step)
    url = settings.PUBLIC_URL.rstrip("/") + short_address.get_absolute_url()
    return ShortAddressOut(code=short_address.code, url=url)


def _rate(caller: Caller, run_id: str, stars: int | None) -> RatingOut:
    run: Run = runs.find(caller, run_id)
    person = _user(caller)
    Rating.set_stars(run, person, stars, at=timezone.now())
    return RatingOut(rating=run.rating, mine=stars)


def _user(caller: Caller) -> User:
    if caller.user is None:
        raise permissions.refusal(caller, gettext("somebody who is signed in"))
    return caller.user


def _find_contact_sheet(sheet_id: str) -> ContactSheet:
    sheet = ContactSheet.find(sheet_id)
    if sheet is None:
        raise Http404(gettext("There is no such contact sheet."))
    return sheet
