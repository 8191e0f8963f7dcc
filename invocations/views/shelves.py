"""The list of networks, with how each one stands: a first look at every shelf, or one whole shelf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import Truncator
from django.views.decorators.http import require_safe
from ninja.errors import ValidationError

from accounts.models import User
from invocations.models import Halt, Run
from networks import markdown, stations
from networks.models import Network, NetworkQuerySet, Person
from networks.paging import Paging, newest_first

FIRST_LOOK, PER_PAGE = 9, 30
LONGEST_SEARCH = 100
TITLES = {
    "own": "Yours",
    "shared": "Shared with you",
    "public": "Public",
    "others": "Of others",
    "archived": "Archive",
}


@dataclass(frozen=True, slots=True)
class Entry:
    network: Network
    stations: list[stations.Station]
    state: str
    prompt: str
    excerpt: str


@dataclass(slots=True)
class Shelf:
    key: str
    networks: list[Network]
    following: str | None  # the cursor of the rest
    entries: list[Entry] = field(default_factory=list)

    @property
    def title(self) -> str:
        return TITLES[self.key]


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """One's own networks, those shared with one, and public ones; `?shelf=` one of these whole,
    `?q=` those whose name has these words."""
    words = request.GET.get("q", "").strip()[:LONGEST_SEARCH].replace("\x00", "")
    offered = _offered(request.user, words)
    chosen = request.GET.get("shelf", "")
    if chosen and chosen not in offered:
        raise Http404
    after = request.GET.get("after") if chosen else None
    shelves = [_whole(chosen, offered[chosen], after)] if chosen else list(_first_look(offered))
    _draw(shelves)
    context = {
        "shelves": shelves,
        "tabs": [(key, TITLES[key]) for key in offered],
        "chosen": chosen,
        "words": words,
        "continued": bool(after),
    }
    return render(request, "networks/list.html", context)


def _offered(person: Person, words: str) -> Mapping[str, NetworkQuerySet]:
    """What stands on each shelf this person has."""
    found = Network.objects.select_related("owner")
    if words:
        found = found.filter(name__icontains=words)
    listed = found.listed()
    if not isinstance(person, User):
        return {"public": listed.filter(public=True)}
    others = listed.exclude(owner=person)
    shelves = {
        "own": listed.filter(owner=person),
        "shared": listed.shared_with(person),
        "public": others.filter(public=True),
    }
    if person.is_admin:
        shelves["others"] = others.filter(public=False)
        shelves["archived"] = found.exclude(archived_at=None)
    else:
        shelves["archived"] = found.of_curator(person).exclude(archived_at=None)
    return shelves


def _whole(key: str, rows: NetworkQuerySet, after: str | None) -> Shelf:
    try:
        page, following = newest_first(rows, Paging(after=after, cursor=None, limit=PER_PAGE))
    except ValidationError as no_cursor:
        raise Http404 from no_cursor
    return Shelf(key, page, following)


def _first_look(offered: Mapping[str, NetworkQuerySet]) -> Iterator[Shelf]:
    """The newest of each shelf, before them what the home page's button leads to."""
    for key, rows in offered.items():
        if key == "archived":
            continue
        # To sort by more than the key is to read the whole shelf: where it matters alone
        order = ("-featured", "-id") if key == "public" else ("-id",)
        found = list(rows.order_by(*order)[: FIRST_LOOK + 1])
        more = "more" if len(found) > FIRST_LOOK else None
        if found:
            yield Shelf(key, found[:FIRST_LOOK], more)


def _draw(shelves: list[Shelf]) -> None:
    """How each network stands; two queries for all of them."""
    everything = [network for shelf in shelves for network in shelf.networks]
    live = {run.network_id: run for run in Run.objects.live().filter(network__in=everything)}
    halted = Halt.current() is not None
    for shelf in shelves:
        shelf.entries = [_entry(one, live.get(one.pk), halted=halted) for one in shelf.networks]


def _entry(network: Network, run: Run | None, *, halted: bool) -> Entry:
    first_words = markdown.tile(network.description[:600]).plain.partition("\n")[0]
    return Entry(
        network,
        stations.of(network),
        state="halted" if halted else str(run.state) if run else "idle",
        prompt=run.prompt if run else "",
        excerpt=Truncator(first_words).words(32),
    )
