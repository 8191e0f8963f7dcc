"""The featured network over HTTP."""

from __future__ import annotations

from ninja import Router
from pydantic import BaseModel, Field

from accounts.api.auth import ApiRequest
from accounts.api.permissions import check_admin
from lib.problems import refuses
from lib.schemas import StrictSchema, example
from lib.scopes import Scope, requires_scope
from networks import access, featured

routes = Router(tags=["networks"])


class FeaturedIn(StrictSchema):
    model_config = example({"network": "whispers"})

    network: str | None = Field(max_length=60, description="Its slug; null for none.")


class FeaturedOut(BaseModel):
    """The slug of the network to which the button on the home page leads; null where it is none."""

    network: str | None


@routes.get("/featured-network", response=FeaturedOut)
@requires_scope(Scope.READ)
def get_featured_network(request: ApiRequest) -> FeaturedOut:
    found = featured.featured_network()
    return FeaturedOut(network=found.slug if found else None)


@routes.put("/featured-network", response=FeaturedOut)
@requires_scope(Scope.ADMIN)
@refuses({404: ""})
def feature_network(request: ApiRequest, body: FeaturedIn) -> FeaturedOut:
    """Has the button lead to this network, which has to be public. For admins."""
    check_admin(request.auth)
    network = access.visible(request.auth, body.network) if body.network else None
    featured.feature(network=network, by=request.auth.user)
    return get_featured_network(request)
