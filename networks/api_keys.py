"""Keys to platforms over HTTP: one's own, which of them a network spends on, and the house's."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404
from ninja import Query, Router, Status

from accounts.api_auth import ApiRequest
from accounts.models import User
from platforms import keyring, proving
from platforms.models import Credential, HouseKey
from platforms.models.credential import CredentialQuerySet

from . import access, key_upkeep, keys
from .api import signed_in
from .fields import Invalid
from .key_schemas import (
    CredentialChange,
    CredentialIn,
    CredentialOut,
    HouseKeysOut,
    PayersOut,
    PicksIn,
    ProofOut,
    SpenderChange,
    SpenderOut,
)
from .paging import Page, Paging, newest_first

routes = Router(tags=["keys"])
_ONE = "/credentials/{slug:credential_id}"


@routes.get("/credentials", response=Page[CredentialOut])
def list_credentials(request: ApiRequest, paging: Query[Paging]) -> Page[CredentialOut]:
    """One's own keys, and those that one may use; the newest first."""
    person = signed_in(request.auth)
    page, following = newest_first(_usable(person), paging)
    return Page[CredentialOut](
        items=[CredentialOut.of(key, person) for key in page], next=following
    )


@routes.post("/credentials", response={201: CredentialOut})
def create_credential(request: ApiRequest, body: CredentialIn) -> Status[CredentialOut]:
    person = signed_in(request.auth)
    secret = body.secret.get_secret_value()
    made = key_upkeep.store(owner=person, platform=body.platform, name=body.name, secret=secret)
    return Status(201, _shown(made, person))


@routes.get(_ONE, response=CredentialOut)
def get_credential(request: ApiRequest, credential_id: str) -> CredentialOut:
    person = signed_in(request.auth)
    return CredentialOut.of(_find(person, credential_id), person)


@routes.patch(_ONE, response=CredentialOut)
def change_credential(
    request: ApiRequest, credential_id: str, body: CredentialChange
) -> CredentialOut:
    """Its owner names it, replaces what it holds, and says who may use it."""
    person = signed_in(request.auth)
    key, given = _own(person, credential_id), body.model_fields_set
    key_upkeep.change(
        key=key,
        name=body.name if "name" in given else None,
        secret=body.secret.get_secret_value() if "secret" in given else None,
        lent_to=body.lent_to if "lent_to" in given else None,
    )
    return _shown(key, person)


@routes.delete(_ONE, response={204: None})
def delete_credential(request: ApiRequest, credential_id: str) -> Status[None]:
    """Networks that spend on it go on with another key, or cannot run."""
    key_upkeep.delete(key=_own(signed_in(request.auth), credential_id))
    return Status(204, None)


@routes.post(_ONE + "/test", response=ProofOut)
def test_credential(request: ApiRequest, credential_id: str) -> ProofOut:
    """Asks the platform something that costs nothing, and notes what it says."""
    return ProofOut.of(proving.prove(_own(signed_in(request.auth), credential_id)))


@routes.get("/networks/{slug:slug}/credentials", response=PayersOut)
def list_payers(request: ApiRequest, slug: str) -> PayersOut:
    """Who pays for what the ring asks, by platform; for those who may change the network."""
    return PayersOut.of(keys.payers(access.editable(request.auth, slug)))


@routes.patch("/networks/{slug:slug}/credentials", response=PayersOut)
def pick_credentials(request: ApiRequest, slug: str, body: PicksIn) -> PayersOut:
    """That key and no other, by platform; null: the best there is."""
    network = access.editable(request.auth, slug)
    key_upkeep.pick(network=network, picks=body.picks, by=request.auth.user)
    return PayersOut.of(keys.payers(network))


@routes.get("/house-keys", response=HouseKeysOut)
def list_house_keys(request: ApiRequest) -> HouseKeysOut:
    """The keys of the environment, and how they do; for admins."""
    access.check_admin(request.auth)
    return HouseKeysOut.of(keyring.house_keys())


@routes.post("/house-keys/{slug:platform}/test", response=ProofOut)
def test_house_key(request: ApiRequest, platform: str) -> ProofOut:
    access.check_admin(request.auth)
    return ProofOut.of(proving.prove(house_key(platform)))


@routes.get("/house-keys/people", response=Page[SpenderOut])
def list_spenders(request: ApiRequest, paging: Query[Paging]) -> Page[SpenderOut]:
    """Who has an account, and whether their networks may spend on the house's keys."""
    access.check_admin(request.auth)
    page, following = newest_first(User.objects.filter(is_active=True), paging)
    return Page[SpenderOut](items=[SpenderOut.of(one) for one in page], next=following)


@routes.patch("/house-keys/people/{slug:person_id}", response=SpenderOut)
def change_spender(request: ApiRequest, person_id: str, body: SpenderChange) -> SpenderOut:
    access.check_admin(request.auth)
    person = User.objects.filter(public_id=person_id, is_active=True).first()
    if person is None:
        raise Http404("There is nobody of this id.")
    if person.is_superuser:
        raise Invalid({"may_use_house_keys": "An admin's networks always may."})
    by = signed_in(request.auth)
    key_upkeep.let_use_house_keys(person=person, may=body.may_use_house_keys, by=by)
    return SpenderOut.of(person)


def house_key(platform: str) -> HouseKey:
    """The house's key to this platform; Http404 where the environment has none."""
    found = [key for key in keyring.house_keys() if key.platform == platform]
    if not found:
        raise Http404("The house has no key to this platform.")
    return found[0]


def _usable(person: User) -> CredentialQuerySet:
    found = Credential.objects.usable_by(person.pk)
    return found.select_related("owner").prefetch_related("loans")


def _find(person: User, public_id: str) -> Credential:
    """A key of theirs or lent to them. Nobody else, an admin neither, is told that it is there."""
    found = _usable(person).filter(public_id=public_id).first()
    if found is None:
        raise Http404("There is no such key.")
    return found


def _own(person: User, public_id: str) -> Credential:
    found = _find(person, public_id)
    if found.owner_id != person.pk:
        raise PermissionDenied("This key is lent to you: to be used, and no more.")
    return found


def _shown(key: Credential, person: User) -> CredentialOut:
    return CredentialOut.of(_find(person, key.public_id), person)
