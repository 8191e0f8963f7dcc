"""The network list: the newest of every section, or one section whole, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe
from ninja.errors import ValidationError

from accounts.models import User
from invocations.models import Halt, Run
from lib import markdown
from lib.paging import Paging, newest_first
from networks.models import Network, NetworkQuerySet, Person
from networks.rings import SlotStatus

NETWORKS_PER_SECTION, NETWORKS_PER_PAGE = 9, 30
MAX_SEARCH_CHARACTERS = 100
TITLES = {
    "own": _("Yours"),
    "shared": _("Shared with you"),
    "public": _("Public"),
    "others": _("Of others"),
    "archived": pgettext_lazy("place", "Archive"),
}


@dataclass(frozen=True, slots=True)
class NetworkListEntry:
    network: Network
    slots: list[SlotStatus]
    state: str
    prompt: str
    excerpt: str
    may_edit: bool


@dataclass(slots=True)
class NetworkSection:
    key: str
    networks: list[Network]
    following: str | None  # the cursor of the rest
    entries: list[NetworkListEntry] = field(default_factory=list)

    @property
    def title(self) -> str:
        return str(TITLES[self.key])

    @property
    def may_edit(self) -> bool:
        """One of its networks at least."""
        return any(entry.may_edit for entry in self.entries)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """One's own networks, those shared with one, and public ones; `?shelf=` one of these whole,
    `?q=` those with these words in name, description or models."""
    words = request.GET.get("q", "").strip()[:MAX_SEARCH_CHARACTERS].replace("\x00", "")
    by_section = _networks_by_section(request.user, words)
    selected = request.GET.get("shelf", "")
    if selected and selected not in by_section:
        raise Http404
    after = request.GET.get("after") if selected else None
    sections = (
        [_whole_section(selected, by_section[selected], after)]
        if selected
        else list(_newest_of_each(by_section))
    )
    _load_entries(sections, request.user)
    context = {
        "sections": sections,
        "may_edit": any(section.may_edit for section in sections),
        "tabs": [(key, TITLES[key]) for key in by_section],
        "selected": selected,
        "words": words,
        "continued": bool(after),
        "attended": Network.objects.attended_by(request.user).order_by("name", "pk"),
    }
    return render(request, "studio/networks.html", context)


def _networks_by_section(person: Person, words: str) -> Mapping[str, NetworkQuerySet]:
    """The networks in each section that this person has."""
    found = Network.objects.select_related("owner")
    if words:
        found = found.with_words(words)
    listed = found.not_archived()
    if not isinstance(person, User):
        return {"public": listed.filter(public=True)}
    others = listed.exclude(owner=person)
    sections = {
        "own": listed.filter(owner=person),
        "shared": listed.shared_with(person),
        "public": others.filter(public=True),
    }
    if person.is_admin:
        sections["others"] = others.filter(public=False)
        sections["archived"] = found.exclude(archived_at=None)
    else:
        sections["archived"] = found.curated_by(person).exclude(archived_at=None)
    return sections


def _whole_section(key: str, rows: NetworkQuerySet, after: str | None) -> NetworkSection:
    try:
        page, following = newest_first(
            rows, Paging(after=after, cursor=None, limit=NETWORKS_PER_PAGE)
        )
    except ValidationError as no_cursor:
        raise Http404 from no_cursor
    return NetworkSection(key, page, following)


def _newest_of_each(by_section: Mapping[str, NetworkQuerySet]) -> Iterator[NetworkSection]:
    """The newest of each section; in the public one, first what the home page's button leads to."""
    for key, rows in by_section.items():
        if key == "archived":
            continue
        # To sort by more than the key is to read the whole section: only where it matters
        order = ("-featured", "-id") if key == "public" else ("-id",)
        found = list(rows.order_by(*order)[: NETWORKS_PER_SECTION + 1])
        more = "more" if len(found) > NETWORKS_PER_SECTION else None
        if found:
            yield NetworkSection(key, found[:NETWORKS_PER_SECTION], more)


def _load_entries(sections: list[NetworkSection], person: Person) -> None:
    """With the state of each network; two queries for all of them."""
    everything = [network for section in sections for network in section.networks]
    live = {run.network_id: run for run in Run.objects.live().filter(network__in=everything)}
    halted = Halt.current() is not None
    for section in sections:
        section.entries = [
            _list_entry(one, live.get(one.pk), person, halted=halted) for one in section.networks
        ]


def _list_entry(
    network: Network, run: Run | None, person: Person, *, halted: bool
) -> NetworkListEntry:
    first_words = markdown.render_tile(network.description[:600]).plain.partition("\n")[0]
    return NetworkListEntry(
        network,
        network.slot_statuses,
        state="halted" if halted else str(run.state) if run else "idle",
        prompt=run.prompt if run else "",
        excerpt=Truncator(first_words).words(32),
        may_edit=network.may_edit(person),
    )
