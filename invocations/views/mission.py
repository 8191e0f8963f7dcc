"""Mission control: everything that runs, and the one button that stops it. For admins."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from invocations import control as overview
from invocations import halts
from invocations.above import above
from invocations.models import Halt, StopAll

Page = Callable[..., HttpResponse]


def admins_only(page: Page) -> Page:
    """Sign in first; whoever is no admin then gets 403."""

    @wraps(page)
    def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not cast("User", request.user).is_admin:
            raise PermissionDenied
        return page(request, *args, **kwargs)

    return login_required(never_cache(checked))


@require_safe
@admins_only
def control(request: HttpRequest) -> HttpResponse:
    context = {
        "figures": overview.figures(timezone.now()),
        "lanes": overview.lanes(),
        "press": Halt.current(),
    }
    return render(request, "invocations/mission_control.html", context)


@require_safe
@admins_only
def figures(request: HttpRequest) -> HttpResponse:
    """The figures alone: they change when nothing happens, too."""
    context = {"figures": overview.figures(timezone.now())}
    return render(request, "invocations/_figures.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def stop_all(request: HttpRequest) -> HttpResponse:
    """Stops everything, once it is sure that this is meant; else it asks back."""
    if request.POST.get("sure") != "yes":
        return render(request, "invocations/stop_all.html", {"lanes": overview.lanes()})
    press = halts.stop_all(pressed_by=cast("User", request.user), at=timezone.now())
    return redirect("receipt", press.public_id)


@require_safe
@admins_only
def receipt(request: HttpRequest, public_id: str) -> HttpResponse:
    press = get_object_or_404(StopAll.objects.select_related("pressed_by"), public_id=public_id)
    now = timezone.now()
    found, shown = halts.receipt(press, at=now), above.shown_on(press)
    context = {
        "receipt": found,
        "press": press,
        "shown": shown,
        "complete": halts.is_complete(found, [one.ms for one in shown], at=now),
    }
    return render(request, "invocations/receipt.html", context)


@require_POST
@admins_only
def resume_all(request: HttpRequest) -> HttpResponse:
    begun = halts.resume_all(lifted_by=cast("User", request.user), at=timezone.now())
    runs = "1 run goes" if len(begun) == 1 else f"{len(begun) or 'no'} runs go"
    messages.success(request, f"The stop is lifted; {runs} on.")
    return redirect("mission-control")
