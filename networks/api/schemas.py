"""Networks as JSON: what is taken in and what is given out. Their settable fields are declared in
networks/fields.py."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field, Strict, create_model, model_validator

from lib.schemas import StrictSchema, example
from lib.validation import Invalid
from networks.fields import FIELDS
from networks.fields.declaration import OF_COLUMN, NetworkField
from networks.fields.objects import SlotIn
from networks.models import Network, ShareRole, TerminalToken
from networks.rings import Slot

# They change by themselves, so that what was read a moment ago may differ: passed over.
READ_ONLY = frozenset({"runnable", "problems", "running", "viewers", "opens_at"})
# They never change: to send back what was read is fine, anything else is refused.
FIXED = frozenset({"id", "created_at"})
RING_FIELDS = frozenset({"slots", "model_ids"})
_CHANGE_EXAMPLE: dict[str, Any] = {
    "description": "Two machines that tell each other what they see.",
    "slots": [
        {"model": "local:painter", "parameters": {}, "fallback": None},
        {"model": "local:tagger", "parameters": {}, "fallback": None},
    ],
    "lockout_seconds": 60,
    "pacing": [{"until_seconds": None, "delay_seconds": 2}],
    "budgets": {"usd_per_day": 5},
}
_NETWORK_EXAMPLE: dict[str, Any] = {
    "id": "n7Qd2mXk4Lp9",
    **{field.name: field.example for field in FIELDS},
    "runnable": True,
    "problems": [],
    "running": True,
    "viewers": 3,
    "opens_at": None,
    "created_at": "2026-11-28T19:30:00Z",
}


def _input_of(field: NetworkField) -> tuple[Any, Any]:
    default = field.default
    if default is OF_COLUMN:
        of_new_network = getattr(Network(), field.name)
        is_mutable = isinstance(of_new_network, list | dict)
        default = type(of_new_network) if is_mutable else of_new_network
    options: dict[str, Any] = {"default_factory" if callable(default) else "default": default}
    if field.description:
        options["description"] = field.description
    if field.schema:
        options["json_schema_extra"] = field.schema
    return field.type, Field(**options)


def _output_of(field: NetworkField) -> tuple[Any, Any]:
    description = field.answer_description or None
    return field.answer_type or field.type, Field(description=description)


class _Fixed(StrictSchema):
    id: str = ""
    created_at: Annotated[datetime | None, Strict(False)] = None


class _Id(BaseModel):
    id: str


if TYPE_CHECKING:

    class _Settable(_Fixed):
        slug: str
        archived: bool
        slots: list[SlotIn]
        model_ids: list[str]

    class _Shown(_Id): ...
else:
    _Settable = create_model(
        "_Settable", __base__=_Fixed, **{field.name: _input_of(field) for field in FIELDS}
    )
    _Shown = create_model(
        "_Shown", __base__=_Id, **{field.name: _output_of(field) for field in FIELDS}
    )


class NetworkChange(_Settable):
    """What can be changed of a network. What was read can be sent back: `runnable`, `problems`,
    `running`, `viewers` and `opens_at` are passed over, `id` and `created_at` must be those of the network."""

    model_config = example(_CHANGE_EXAMPLE)

    @model_validator(mode="before")
    @classmethod
    def _pass_over(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {name: given for name, given in value.items() if name not in READ_ONLY}

    @property
    def ring(self) -> list[Slot] | None:
        """The ring, None where it was not given. Raises Invalid where it was given twice."""
        given = self.model_fields_set
        ids = [Slot(model) for model in self.model_ids]
        if "slots" not in given:
            return ids if "model_ids" in given else None
        slots = [slot.as_slot() for slot in self.slots]
        if "model_ids" in given and [slot.model for slot in slots] != self.model_ids:
            raise Invalid({"model_ids": "`slots` and `model_ids` name different models."})
        return slots

    @property
    def values(self) -> dict[str, Any]:
        """The plain fields that were given."""
        plain = {field.name for field in FIELDS if field.is_plain}
        return self.model_dump(exclude_unset=True, include=plain)


class NetworkIn(NetworkChange):
    """A new network."""

    model_config = example({"name": "Whispers", **_CHANGE_EXAMPLE})

    name: str


class NetworkOut(_Shown):
    """A ring of models and how it behaves."""

    model_config = example(_NETWORK_EXAMPLE)

    runnable: bool
    problems: list[str]
    running: bool
    viewers: int
    opens_at: datetime | None = Field(
        description="When its installations open; null while one is open, or has no hours."
    )
    created_at: datetime

    @classmethod
    def from_network(
        cls, network: Network, *, running: bool, viewers: int, can_control: bool
    ) -> NetworkOut:
        problems = network.problems()
        values = {
            field.name: field.value_of(network) if can_control or not field.is_private else None
            for field in FIELDS
        }
        return cls.model_validate(
            {
                "id": network.public_id,
                **values,
                "runnable": not problems,
                "problems": problems,
                "running": running,
                "viewers": viewers,
                "opens_at": network.hours.opens_at(timezone.now()),
                "created_at": network.created_at,
            }
        )


class TerminalTokenOut(BaseModel):
    """A guest's key; its text is in this answer and nowhere else."""

    model_config = example(
        {
            "id": "t6Bh9sLd3Zv8",
            "token": "kept-by-the-guest",
            "url": "https://panic.example/n/whispers/terminal/?token=kept-by-the-guest",
            "expires_at": "2026-11-28T20:30:00Z",
        }
    )

    id: str
    token: str
    url: str
    expires_at: datetime

    @classmethod
    def from_token(cls, token: TerminalToken, plain: str, url: str) -> TerminalTokenOut:
        return cls(id=token.public_id, token=plain, url=url, expires_at=token.expires_at)


class ShareIn(StrictSchema):
    model_config = example({"email": "carol@example.org", "role": "collaborator"})

    email: str = Field(max_length=254)
    role: str = Field(
        ShareRole.COLLABORATOR.value,
        description="An attendant may pause, stop, start attract prompts and take outputs off the screens.",
        json_schema_extra={"enum": list(ShareRole.values)},
    )


class ShareOut(BaseModel):
    """An address a network is shared with; whether it has an account is not shown."""

    model_config = ConfigDict(from_attributes=True)

    id: str = Field(validation_alias="public_id")
    email: str
    role: str
    created_at: datetime


class CopyIn(StrictSchema):
    model_config = example({"name": "Whispers, louder"})

    name: str | None = Field(None, description="Else “Copy of …”.")
