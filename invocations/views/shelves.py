"""The list of networks, with how each one stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import Truncator
from django.views.decorators.http import require_safe

from invocations.models import Halt, Run
from networks import markdown, stations
from networks.models import Network, Person

MOST = 200


@dataclass(frozen=True, slots=True)
class Entry:
    network: Network
    stations: list[stations.Station]
    state: str
    prompt: str
    excerpt: str


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """One's own networks, those shared with one, and the public ones."""
    found = Network.objects.visible_to(request.user).select_related("owner")
    ordered = found.order_by("-featured", "-created_at", "-id")[:MOST]
    shelves = _shelves(_entries(list(ordered)), request.user)
    return render(request, "networks/list.html", {"shelves": shelves})


def _entries(networks: list[Network]) -> list[Entry]:
    live = {run.network_id: run for run in Run.objects.live().filter(network__in=networks)}
    halted = Halt.current() is not None
    return [_entry(network, live.get(network.pk), halted=halted) for network in networks]


def _entry(network: Network, run: Run | None, *, halted: bool) -> Entry:
    first_words = markdown.tile(network.description[:600]).plain.partition("\n")[0]
    return Entry(
        network,
        stations.of(network),
        state="halted" if halted else str(run.state) if run else "idle",
        prompt=run.prompt if run else "",
        excerpt=Truncator(first_words).words(32),
    )


def _shelves(entries: Iterable[Entry], person: Person) -> list[tuple[str, list[Entry]]]:
    shelves: dict[str, list[Entry]] = {"Yours": [], "Shared with you": [], "Public": []}
    for entry in entries:
        mine = entry.network.owner_id == person.pk
        shelf = "Yours" if mine else "Public" if entry.network.public else "Shared with you"
        shelves[shelf].append(entry)
    return [(name, found) for name, found in shelves.items() if found]
