"""One's own channels, under the account; all for an admin."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from lib.validation import Invalid
from notifications import channels, status
from notifications.addresses import EXAMPLES, SERVICES
from notifications.forms.channels import ChannelForm
from notifications.models import Channel


@require_safe
@never_cache
@login_required
def index(request: HttpRequest) -> HttpResponse:
    known = Channel.objects.known_to(request.user).by_name()
    return render(request, "notifications/list.html", {"rows": status.statuses_of(known)})


@sensitive_post_parameters("address")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def new(request: HttpRequest) -> HttpResponse:
    person = cast("User", request.user)
    form = ChannelForm(person, request.POST if request.method == "POST" else None)
    if (made := form.submit(channels.add, owner=person)) is not None:
        messages.success(
            request, _("“%(name)s” is there. Send a test to it.") % {"name": made.name}
        )
        return redirect("notifications:detail", made.public_id)
    context = {"form": form, "services": sorted(set(SERVICES.values())), "examples": EXAMPLES}
    return render(request, "notifications/new.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters("address")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    channel, person = _find(request, public_id), cast("User", request.user)
    sent = request.POST if request.method == "POST" else None
    form = ChannelForm(person, sent, channel=channel)
    if form.submit(channels.change, channel=channel, by=person) is not None:
        messages.success(request, _("Saved."))
        return redirect("notifications:detail", public_id)
    context = {"form": form, **_facts(channel)}
    return render(request, "notifications/detail.html", context, status=422 if form.errors else 200)


@require_safe
@never_cache
@login_required
def deliveries(request: HttpRequest, public_id: str) -> HttpResponse:
    """What became of its messages: the part of its page that is asked for again."""
    return render(request, "notifications/_deliveries.html", _facts(_find(request, public_id)))


@require_POST
@login_required
def test(request: HttpRequest, public_id: str) -> HttpResponse:
    try:
        channels.send_test(_find(request, public_id))
    except Invalid as wrong:
        messages.error(request, str(wrong))
    else:
        messages.info(request, _("A test is on its way: see below what becomes of it."))
    return redirect("notifications:detail", public_id)


@require_POST
@login_required
def delete(request: HttpRequest, public_id: str) -> HttpResponse:
    channel = _find(request, public_id)
    channels.delete(channel, by=cast("User", request.user))
    messages.success(request, _("“%(name)s” is deleted.") % {"name": channel.name})
    return redirect("notifications:list")


def _find(request: HttpRequest, public_id: str) -> Channel:
    known = Channel.objects.known_to(request.user).select_related("owner")
    return get_object_or_404(known, public_id=public_id)


def _facts(channel: Channel) -> dict[str, object]:
    return {
        "row": status.status_of(channel),
        "channel": channel,
        "deliveries": status.latest_deliveries(channel),
    }
