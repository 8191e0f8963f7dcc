"""Ordering films: of a clip, and of a run."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accounts.models import User
from archive.views.runs import controlled
from films import estimates, film_page, orders, upload_checks, uploads
from films.forms.films import ClipFilmForm, RunFilmForm
from films.models import Film, Upload, UploadState
from films.orders import OrderRefused
from films.uploads import UploadRefused
from invocations.models import Run
from lib.stored_sentences import translate_stored
from lib.validation import Invalid
from operations.errors import BadInput

PIECE = 1 << 20


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def of_clip(request: HttpRequest) -> HttpResponse:
    """Choose a clip and what becomes of it; a script sends the clip in pieces meanwhile, and asks again for what
    making the film takes."""
    person = cast("User", request.user)
    form = ClipFilmForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if form.is_valid() and (film := _order_of_clip(form, person)):
        return redirect("film", film.public_id)
    own = Upload.objects.of_person(person).order_by("-pk")
    context = {
        "form": form,
        "max_bytes": uploads.max_bytes(),
        "max_mb": settings.UPLOAD_MAX_MB,
        "max_minutes": upload_checks.MAX_MINUTES,
        "ready": [one for one in own[:20] if one.is_ready],
        **_estimate_of_clip(ClipFilmForm(request.GET), person),
    }
    return render(request, "films/new.html", context, status=422 if form.errors else 200)


def _estimate_of_clip(form: ClipFilmForm, person: User) -> dict[str, object]:
    """Of what stands in the form, where its clip has come."""
    if not form.is_valid() or not form.cleaned_data["upload"]:
        return {}
    try:
        upload = _upload(form, person)
        if not upload.is_ready:
            return {}
        estimate = estimates.estimate_film_of_clip
        return {"estimate": estimate(upload, person, form.recipe, form.options)}
    except BadInput as problem:
        return {"refusal": translate_stored(str(problem))}
    except Invalid as wrong:
        return {"refusal": str(wrong)}


def _order_of_clip(form: ClipFilmForm, person: User) -> Film | None:
    """None where the form says by now why there is none."""
    try:
        upload = _upload(form, person)
        return orders.order_film(
            owner=person,
            upload=upload,
            recipe=form.recipe,
            options=form.options,
            title=form.cleaned_data["title"],
            at=timezone.now(),
        )
    except (UploadRefused, OrderRefused) as refusal:
        form.add_error(None, str(refusal))
    except Invalid as wrong:
        form.add_errors(wrong.errors)
    return None


def _upload(form: ClipFilmForm, person: User) -> Upload:
    """The clip that has come, or that comes with the form. Raises Invalid or UploadRefused."""
    if wanted := form.cleaned_data["upload"]:
        found = Upload.objects.of_person(person).filter(public_id=wanted).first()
        if found is None:
            raise Invalid({"clip": gettext("This clip is not here any more: choose it again.")})
        return found
    file = cast("UploadedFile[bytes]", form.cleaned_data["clip"])
    at = timezone.now()
    upload = uploads.announce(
        owner=person,
        size=file.size or 0,
        name=file.name or "",
        content_type=file.content_type or "",
        at=at,
    )
    uploads.add(upload, file.chunks(PIECE), offset=0, at=at)
    upload_checks.check_now(upload)
    if upload.state == UploadState.REFUSED:
        uploads.remove(upload)
        raise Invalid({"clip": translate_stored(upload.refusal)})
    return upload


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def of_run(request: HttpRequest, public_id: str) -> HttpResponse:
    """Make a film of a run. Asked for again with other options, it estimates anew."""
    run, person = controlled(request, public_id), cast("User", request.user)
    asked = request.POST if request.method == "POST" else (request.GET or None)
    form = RunFilmForm(asked, initial={"title": run.prompt[:200]})
    if request.method == "POST" and form.is_valid() and (film := _order_of_run(form, run, person)):
        return redirect("film", film.public_id)
    context = {
        "form": form,
        "run": run,
        "films": film_page.links_of_run(run, person),
        **_estimate(form, run, person),
    }
    status = 422 if request.method == "POST" and form.errors else 200
    return render(request, "films/of_run.html", context, status=status)


def _order_of_run(form: RunFilmForm, run: Run, person: User) -> Film | None:
    try:
        return orders.order_film(
            owner=person,
            run=run,
            recipe="film-of-run",
            options=form.options,
            title=form.cleaned_data["title"],
            at=timezone.now(),
        )
    except OrderRefused as refusal:
        form.add_error(None, str(refusal))
    except Invalid as wrong:
        form.add_errors(wrong.errors)
    return None


def _estimate(form: RunFilmForm, run: Run, person: User) -> dict[str, object]:
    """Of what stands in the form; `refusal` says why no film can be made of it."""
    filled = form if form.is_bound else RunFilmForm(RunFilmForm.first_values())
    if not filled.is_valid():
        return {}
    try:
        return {"estimate": estimates.estimate_film_of_run(run, person, filled.options)}
    except BadInput as problem:
        return {"refusal": translate_stored(str(problem))}
    except Invalid as wrong:
        return {"refusal": str(wrong)}
