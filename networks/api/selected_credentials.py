"""Which keys a network spends on, over HTTP."""

from __future__ import annotations

from ninja import Router
from pydantic import BaseModel, Field

from accounts.api.auth import ApiRequest
from lib.schemas import StrictSchema, example
from lib.scopes import Scope, requires_scope
from networks import access
from networks.models import Network
from networks.selected_credentials import Payer, payers_of_network, select_credentials

routes = Router(tags=["keys"])
_PAYER_EXAMPLE = {
    "platform": "replicate",
    "source": "own",
    "credential": None,
    "problem": None,
    "choices": ["5f0c1b7e9a2d4c6688aa"],
}


class PayerOut(BaseModel):
    """Who pays for a network at one platform of its ring."""

    platform: str
    source: str | None = Field(description="`own`, `lent`, `house`, or null where nobody pays.")
    credential: str | None = Field(description="The key that was picked; null: the best there is.")
    problem: str | None
    choices: list[str]

    @classmethod
    def from_payer(cls, payer: Payer) -> PayerOut:
        return cls(
            platform=payer.platform.slug,
            source=payer.source or None,
            credential=payer.selected.public_id if payer.selected else None,
            problem=payer.credential.problem or None,
            choices=[key.public_id for key in payer.choices],
        )


class PayersOut(BaseModel):
    model_config = example({"items": [_PAYER_EXAMPLE]})

    items: list[PayerOut]

    @classmethod
    def from_network(cls, network: Network) -> PayersOut:
        return cls(items=[PayerOut.from_payer(payer) for payer in payers_of_network(network)])


class PicksIn(StrictSchema):
    """What is not named stays as it is."""

    model_config = example({"picks": {"replicate": "5f0c1b7e9a2d4c6688aa", "openai": None}})

    picks: dict[str, str | None] = Field(description="A key's id by platform; null: the best.")


@routes.get("/networks/{slug:slug}/credentials", response=PayersOut)
@requires_scope(Scope.READ)
def list_payers(request: ApiRequest, slug: str) -> PayersOut:
    """Who pays for what the ring asks, by platform; for those who may change the network."""
    return PayersOut.from_network(access.editable(request.auth, slug))


@routes.patch("/networks/{slug:slug}/credentials", response=PayersOut)
@requires_scope(Scope.EDIT)
def pick_credentials(request: ApiRequest, slug: str, body: PicksIn) -> PayersOut:
    """That key and no other, by platform; null: the best there is."""
    network = access.editable(request.auth, slug)
    select_credentials(network=network, picks=body.picks, by=request.auth.user)
    return PayersOut.from_network(network)
