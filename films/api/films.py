"""Films: ordering them, seeing how far they are, and changing what becomes of them (docs/films.md)."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext
from ninja import Query, Router, Status

import invocations.api.runs
from accounts.api import permissions
from accounts.api.auth import ApiRequest, Caller
from films import changes, orders, replays
from films.models import Film, Upload
from films.models.film import FilmQuerySet
from films.progress import progress_of_film, progress_of_films
from invocations.models import Run
from invocations.states import RetentionClass
from lib.paging import Page, Paging, newest_first
from lib.problems import answers, refuses, register_codes
from lib.scopes import Scope, requires_scope
from lib.validation import Invalid, is_legible
from networks import access

from .schemas import FilmChange, FilmIn, FilmOut, WholeFilmOut

routes = Router(tags=["films"])

register_codes(
    film_refused="No film can be made of it",
    too_many_films="Too many films are under way",
)
answers(orders.OrderRefused, 422, "film_refused")
answers(orders.TooManyFilms, 409, "too_many_films")

ORDER_REFUSED = {
    404: "There is no such run or upload.",
    409: "`too_many_films`: wait for one of them, or cancel it.",
    422: "`film_refused`: `detail` says why; `invalid`.",
}


@routes.get("/films", response=Page[FilmOut])
@requires_scope(Scope.READ)
def list_films(request: ApiRequest, which: Query[Paging]) -> Page[FilmOut]:
    """One's own, and those of runs of the networks one controls; the newest first."""
    permissions.require_user(request.auth)
    page, following = newest_first(_shown(request.auth), which)
    progress = progress_of_films(page)
    items = [FilmOut.from_film(film, progress[film.pk]) for film in page]
    return Page[FilmOut](items=items, next=following)


@routes.post("/films", response={201: WholeFilmOut})
@requires_scope(Scope.EDIT)
@refuses(ORDER_REFUSED)
def order_film(request: ApiRequest, body: FilmIn) -> Status[WholeFilmOut]:
    """Of a run that one controls, or of a clip that one has sent."""
    owner = permissions.require_user(request.auth)
    film = orders.order_film(
        owner=owner,
        recipe=body.recipe,
        options=body.options,
        run=_run(request.auth, body.run),
        upload=_upload(request.auth, body.upload),
        title=_title(body.title),
        at=timezone.now(),
    )
    return Status(201, _whole(film))


@routes.get("/films/{slug:film_id}", response=WholeFilmOut)
@requires_scope(Scope.READ)
def get_film(request: ApiRequest, film_id: str) -> WholeFilmOut:
    """With its tasks; in progress, `eta_seconds` says how long it will still take."""
    return _whole(find(request.auth, film_id))


@routes.patch("/films/{slug:film_id}", response=WholeFilmOut)
@requires_scope(Scope.EDIT)
def change_film(request: ApiRequest, film_id: str, body: FilmChange) -> WholeFilmOut:
    """What it is called, whether it is kept, before which others it is made, and in which network's replay it is played."""
    film = find(request.auth, film_id)
    if body.retention is not None:
        if body.retention not in RetentionClass:
            raise Invalid({"retention": gettext("A film is `normal` or `kept`.")})
        film.keep(RetentionClass(body.retention))
    if body.priority is not None:
        film.prioritize(body.priority)
    if body.title is not None:
        film.rename(_title(body.title))
    if "replayed_in" in body.model_fields_set:
        person = permissions.require_user(request.auth)
        replays.choose(film=film, slug=body.replayed_in, person=person)
    return _whole(film)


@routes.delete("/films/{slug:film_id}", response={204: None})
@requires_scope(Scope.EDIT)
def delete_film(request: ApiRequest, film_id: str) -> Status[None]:
    """Cancels it if need be, and forgets it with its files."""
    changes.delete_film(film=find(request.auth, film_id), at=timezone.now())
    return Status(204, None)


@routes.post("/films/{slug:film_id}/cancel", response=WholeFilmOut)
@requires_scope(Scope.CONTROL)
@refuses({409: ""})
def cancel_film(request: ApiRequest, film_id: str) -> WholeFilmOut:
    """What runs is ended; what was finished stays, for who tries again."""
    film = find(request.auth, film_id)
    return _whole(changes.cancel_film(film=film, at=timezone.now()))


@routes.post("/films/{slug:film_id}/retry", response=WholeFilmOut)
@requires_scope(Scope.CONTROL)
@refuses({409: ""})
def retry_film(request: ApiRequest, film_id: str) -> WholeFilmOut:
    """What has failed or was cancelled is done; what was finished is not done again."""
    return _whole(changes.retry_film(film=find(request.auth, film_id)))


@routes.post("/films/{slug:film_id}/pause", response=WholeFilmOut)
@requires_scope(Scope.CONTROL)
@refuses({409: ""})
def pause_film(request: ApiRequest, film_id: str) -> WholeFilmOut:
    """What runs finishes, and nothing more begins."""
    return _whole(changes.pause_film(film=find(request.auth, film_id)))


@routes.post("/films/{slug:film_id}/resume", response=WholeFilmOut)
@requires_scope(Scope.CONTROL)
@refuses({409: ""})
def resume_film(request: ApiRequest, film_id: str) -> WholeFilmOut:
    return _whole(changes.resume_film(film=find(request.auth, film_id)))


@routes.post("/films/{slug:film_id}/approve", response=WholeFilmOut)
@requires_scope(Scope.CONTROL)
@refuses({409: "", 422: "`film_refused`: the film cannot be made any more."})
def approve_film(request: ApiRequest, film_id: str) -> WholeFilmOut:
    """Its `preview` is good: the film is made."""
    film = find(request.auth, film_id)
    return _whole(changes.approve_film(film=film, at=timezone.now()))


def find(caller: Caller, film_id: str) -> Film:
    """The film, for whoever may see it: they may do everything with it."""
    film = _shown(caller).filter(public_id=film_id).first()
    if film is None:
        raise permissions.not_found(caller, gettext("film"))
    return film


def _shown(caller: Caller) -> FilmQuerySet:
    rows = Film.objects.visible_to(caller.person)
    return rows.select_related("owner", "run", "upload", "output", "preview", "replayed_in")


def _whole(film: Film) -> WholeFilmOut:
    return WholeFilmOut.from_film(film, progress_of_film(film))


def _run(caller: Caller, run_id: str | None) -> Run | None:
    if run_id is None:
        return None
    run = invocations.api.runs.find(caller, run_id)
    access.check_control(caller, run.network)
    return run


def _upload(caller: Caller, upload_id: str | None) -> Upload | None:
    if upload_id is None:
        return None
    rows = Upload.objects.all() if caller.is_admin else Upload.objects.filter(owner=caller.user)
    found = rows.filter(public_id=upload_id).first() if is_legible(upload_id) else None
    if found is None:
        raise permissions.not_found(caller, gettext("upload"))
    return found


def _title(text: str) -> str:
    if not is_legible(text):
        raise Invalid({"title": gettext("A title is text without control characters.")})
    return " ".join(text.split())
