"""A network's page: its public page, and for those who may control it the control room."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from invocations import refusals, runs
from invocations.engine import warm_up
from invocations.models import Run
from invocations.prompts import BadPrompt
from invocations.seeds import draw_seed
from invocations.states import IllegalMove, Reason
from lib import markdown
from lib.qr_codes import PublicUrl
from networks.models import Network, Person
from networks.views.permissions import controlled_network, visible_network
from observatory import run_pairs, twins
from studio import tiles
from studio.feeds import CELLS
from studio.hooks import hooks
from studio.status import NetworkStatus, status_of_network
from studio.waiting import waiting_context

EARLIER_RUNS = 6
MAX_KEPT_PROMPT = 10_000  # characters
View = Callable[..., HttpResponse]


@require_safe
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    network = visible_network(request, slug)
    person = request.user
    can_control = network.may_control(person)
    status = status_of_network(network)
    context = {
        "network": network,
        "status": status,
        "description": markdown.render_page(network.description),
        "excerpt": Truncator(markdown.render_tile(network.description).plain).chars(160),
        "slots": network.slot_statuses,
        "tiles": tiles.grid_tiles(
            status.newest_steps[:CELLS],
            CELLS,
            tiles.TileOptions(can_control=can_control, previewed=can_control),
        ),
        "earlier_runs": _earlier_runs(status, person, can_control),
        "links": _links(request, network) if can_control else (),
        "can_control": can_control,
        "audience": hooks.audience(network) if can_control else None,
        "blocklist": hooks.blocklist(status.run) if can_control and status.run else (),
        "warmth": warm_up.warmth_of_slots(network, status.at) if can_control else [],
        "can_edit": network.may_edit(person),
        "can_type": can_control or network.may_type(person, "", at=status.at),
        "words": request.session.pop(_prompt_key(slug), "") if can_control else "",
        "variant": request.session.pop(_variant_key(slug), "") if can_control else "",
        "client_key": secrets.token_urlsafe(12),
    }
    return render(request, "studio/control_room.html", context)


def _links(request: HttpRequest, network: Network) -> list[dict[str, str]]:
    """The addresses that a curator passes on, in full, each with what it is for."""
    page, qr = network.get_absolute_url(), reverse("networks:qr", args=[network.slug])
    wall, everybody = reverse("networks:wall", args=[network.slug]), network.public
    attend = reverse("networks:attendant", args=[network.slug])
    whom = _("for everybody") if everybody else _("for those it is shared with, signed in")
    typing = _("with a code, for an hour each")
    if everybody and network.open_terminal:
        typing = _("for everybody")
    shows = _("what it is and what it does now, %(whom)s") % {"whom": whom}
    takes = _("where visitors type, %(whom)s") % {"whom": typing}
    hangs = _("the newest steps, edge to edge, %(whom)s") % {"whom": whom}
    links = (
        (_("Page"), page, shows, f"{qr}?of=page"),
        (_("Terminal"), network.get_terminal_url(), takes, qr),
        (_("Wall"), wall, hangs, ""),
        (_("Attendant"), attend, _("pause, stop and take outputs off, for attendants"), ""),
    )
    return [
        {
            "name": name,
            "path": path,
            "words": words,
            "url": PublicUrl.for_path(request, path).url,
            "qr": code,
        }
        for name, path, words, code in links
    ]


def _login_required(view: View) -> View:
    """Whoever is not comes back to the network's page, which has kept their prompt: the address of an
    action itself cannot be opened."""

    @functools.wraps(view)
    def checked(request: HttpRequest, slug: str, **kwargs: str) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, slug, **kwargs)
        if prompt := request.POST.get("prompt"):
            request.session[_prompt_key(slug)] = prompt[:MAX_KEPT_PROMPT]
        return redirect_to_login(reverse("networks:detail", args=[slug]))

    return checked


@require_safe
@_login_required
def waiting(request: HttpRequest, slug: str) -> HttpResponse:
    """Why the newest step waits although it is due; nothing where it does not. The control room asks for it
    every few seconds, and is itself shown without waiting for that."""
    network = controlled_network(request, slug)
    return render(request, "studio/_waiting.html", waiting_context(status_of_network(network)))


@require_POST
@_login_required
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Start a run, and one beside it where that is wanted; the words of a refused one are kept for the next try."""
    network, at = controlled_network(request, slug), timezone.now()
    prompt, beside = request.POST.get("prompt", ""), request.POST.get("pair", "")
    try:
        variant = ""
        if beside == "variant":
            words = request.POST.get("variant", "")
            variant = run_pairs.check_variant(words, prompt, network)
        started = runs.start_run(
            network=network,
            prompt=prompt,
            at=at,
            started_by=cast("User", request.user),
            client_key=request.POST.get("client_key", "")[:100],
            waive_lockout="waive_lockout" in request.POST,
            when_closed=runs.WhenClosed.RUN
            if "waive_hours" in request.POST
            else runs.WhenClosed.REFUSE,
            seed=draw_seed() if beside else None,
        )
    except (BadPrompt, refusals.StartRefused) as refusal:
        messages.error(request, str(refusal))
        request.session[_prompt_key(slug)] = prompt[:MAX_KEPT_PROMPT]
        request.session[_variant_key(slug)] = request.POST.get("variant", "")[:MAX_KEPT_PROMPT]
        return redirect(network)
    if beside and _start_beside(started.run, variant, at) is None:
        messages.error(request, _("Nothing began beside it: its private copy may not run now."))
    elif beside:
        return redirect("runs:pair", started.run.public_id)
    return redirect(network)


def _start_beside(run: Run, variant: str, at: datetime) -> Run | None:
    """A variant from these words, or a twin."""
    return twins.start_variant(run, variant, at) if variant else twins.start_twin(run, at)


@require_POST
@_login_required
def warm(request: HttpRequest, slug: str) -> HttpResponse:
    network = controlled_network(request, slug)
    try:
        warm_up.warm(network=network, at=timezone.now())
    except refusals.Halted as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{network.get_absolute_url()}#network-warmth")


@require_POST
@_login_required
def control_run(request: HttpRequest, slug: str, action: str) -> HttpResponse:
    """Stop, pause or resume the live run."""
    network, at = controlled_network(request, slug), timezone.now()
    run = network.runs.live().first()
    try:
        if run is None:
            messages.info(request, _("Nothing is running."))
        elif action == "stop":
            runs.stop_run(run=run, reason=Reason.PERSON, at=at, by=cast("User", request.user))
        elif action == "pause":
            runs.pause_run(run=run)
        else:
            runs.resume_run(run=run, at=at)
    except IllegalMove as refusal:
        messages.info(request, str(refusal))
    if request.POST.get("next") == "mission-control":
        return redirect("mission-control")
    return redirect(network)


def _earlier_runs(status: NetworkStatus, person: Person, can_control: bool) -> list[Run]:
    """The newest runs but the one that the page is about."""
    seen = status.recent_runs
    if not can_control:
        runs = status.network.runs.unless_withdrawn_from(person).with_totals()
        seen = list(runs.newest_first()[: EARLIER_RUNS + 1])
    return [run for run in seen if run != status.run][:EARLIER_RUNS]


def _prompt_key(slug: str) -> str:
    return f"words-{slug}"


def _variant_key(slug: str) -> str:
    return f"variant-{slug}"
