"""Keys to platforms as JSON. The secret goes in and never comes out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, Field, SecretStr

from accounts.models import User
from platforms import registry
from platforms.models import Credential, HouseKey
from platforms.models.credential import Key
from platforms.proving import Proof

from .keys import Payer
from .schemas import Given

WRITTEN_ONLY = "The key itself. It is written and never shown again."


class CredentialIn(Given):
    """A new key."""

    platform: str = Field(max_length=40)
    name: str
    secret: SecretStr = Field(description=WRITTEN_ONLY)


class CredentialChange(Given):
    """What is given is changed."""

    name: str = ""
    secret: SecretStr = Field(SecretStr(""), description=WRITTEN_ONLY)
    lent_to: list[str] = Field(
        default_factory=list, description="All the addresses that may use it; others no more."
    )


class TrialOut(BaseModel):
    """What a platform last said to a key; `passed` is null where it said nothing about the key."""

    at: datetime
    passed: bool | None
    detail: str

    @classmethod
    def of(cls, key: Key) -> TrialOut | None:
        if key.tested_at is None:
            return None
        return cls(at=key.tested_at, passed=key.passed, detail=key.verdict)


class CredentialOut(BaseModel):
    """A key. Of a lent one it says no more than that it can be used, and whose it is."""

    id: str
    platform: str
    name: str
    mine: bool
    owner: str
    usable: bool
    ends_in: str | None
    refused: str | None
    lent_to: list[str]
    trial: TrialOut | None
    created_at: datetime | None
    replaced_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, key: Credential, person: User) -> CredentialOut:
        """`key` comes with its owner and its loans."""
        mine = key.owner_id == person.pk
        return cls(
            id=key.public_id,
            platform=key.platform,
            name=key.name,
            mine=mine,
            owner=key.owner.email,
            usable=not key.refused and key.readable,
            ends_in=(key.ending or None) if mine else None,
            refused=(key.refusal or None) if mine else None,
            lent_to=sorted(loan.email for loan in key.loans.all()) if mine else [],
            trial=TrialOut.of(key) if mine else None,
            created_at=key.created_at if mine else None,
            replaced_at=key.replaced_at if mine else None,
            last_used_at=key.last_used_at if mine else None,
        )


class ProofOut(BaseModel):
    """How a test went; `passed` is null where nothing was learned of the key."""

    passed: bool | None
    detail: str

    @classmethod
    def of(cls, proof: Proof) -> ProofOut:
        return cls(passed=proof.passed, detail=proof.sentence)


class PayerOut(BaseModel):
    """Who pays for a network at one platform of its ring."""

    platform: str
    source: str | None = Field(description="`own`, `lent`, `house`, or null where nobody pays.")
    credential: str | None = Field(description="The key that was picked; null: the best there is.")
    problem: str | None
    choices: list[str]

    @classmethod
    def of(cls, payer: Payer) -> PayerOut:
        return cls(
            platform=payer.platform.slug,
            source=payer.source or None,
            credential=payer.chosen.public_id if payer.chosen else None,
            problem=payer.grant.problem or None,
            choices=[key.public_id for key in payer.choices],
        )


class PayersOut(BaseModel):
    items: list[PayerOut]

    @classmethod
    def of(cls, payers: Iterable[Payer]) -> PayersOut:
        return cls(items=[PayerOut.of(payer) for payer in payers])


class PicksIn(Given):
    """What is not named stays as it is."""

    picks: dict[str, str | None] = Field(description="A key's id by platform; null: the best.")


class HouseKeyOut(BaseModel):
    """A key of the environment: which setting it is, and how it does."""

    platform: str
    settings: list[str]
    refused: str | None
    trial: TrialOut | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, key: HouseKey) -> HouseKeyOut:
        return cls(
            platform=key.platform,
            settings=sorted(registry.get_platform(key.platform).house_keys()),
            refused=key.refusal or None,
            trial=TrialOut.of(key),
            last_used_at=key.last_used_at,
        )


class HouseKeysOut(BaseModel):
    items: list[HouseKeyOut]

    @classmethod
    def of(cls, keys: Iterable[HouseKey]) -> HouseKeysOut:
        return cls(items=[HouseKeyOut.of(key) for key in keys])


class SpenderOut(BaseModel):
    """Somebody with an account, and whether their networks may spend on the house's keys."""

    id: str
    email: str
    admin: bool
    may_use_house_keys: bool

    @classmethod
    def of(cls, person: User) -> SpenderOut:
        return cls(
            id=person.public_id,
            email=person.email,
            admin=person.is_superuser,
            may_use_house_keys=person.on_house_keys,
        )


class SpenderChange(Given):
    may_use_house_keys: bool
