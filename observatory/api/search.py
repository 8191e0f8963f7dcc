"""Search by meaning."""

from __future__ import annotations

from typing import Annotated

from django.utils.translation import gettext
from ninja import Query, Router
from pydantic import BaseModel, Field

from accounts.api.auth import ApiRequest
from lib.problems import answers, refuses, register_codes
from lib.schemas import example
from lib.scopes import Scope, requires_scope
from lib.validation import Invalid, is_blank, is_legible
from observatory import search
from observatory.search import Match, SearchUnavailable

routes = Router(tags=["observatory"])
register_codes(search_unavailable="Search by meaning cannot answer")
answers(SearchUnavailable, 503, "search_unavailable", headers={"Retry-After": "20"})


class MatchOut(BaseModel):
    """`distance`: cosine distance, 0 for the very same."""

    invocation: str
    run: str
    network: str
    sequence: int
    text: str
    distance: float

    @classmethod
    def from_match(cls, one: Match) -> MatchOut:
        step = one.step
        return cls(
            invocation=step.public_id,
            run=step.run.public_id,
            network=step.network.slug,
            sequence=step.sequence,
            text=step.output_text,
            distance=round(one.distance, 4),
        )


class MatchesOut(BaseModel):
    model_config = example({"items": [], "next": None, "partial": False})

    items: list[MatchOut]
    next: str | None = Field(None, description="Always null: the nearest are all there is.")
    partial: bool = Field(
        False, description="Only the newest texts were searched: the index is being built."
    )


@routes.get("/search", response=MatchesOut)
@requires_scope(Scope.READ)
@refuses({503: "`search_unavailable`: the weights are missing or the model host is away."})
def search_outputs(
    request: ApiRequest,
    q: Annotated[str, Query(min_length=1, max_length=search.MAX_QUERY)],
    limit: Annotated[int, Query(ge=1)] = 20,
) -> MatchesOut:
    """The text outputs whose meaning is nearest to `q`, among all that one may see."""
    if is_blank(q) or not is_legible(q):
        raise Invalid({"q": gettext("Search for text.")})
    person = request.auth.person
    found = search.search_by_meaning(q, person=person, count=min(limit, 100))
    items = [MatchOut.from_match(one) for one in found]
    return MatchesOut(items=items, next=None, partial=search.is_partial())
