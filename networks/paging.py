"""Lists in pages: newest first, with cursors that say nothing to whoever holds them."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Generic, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.db import models
from django.utils.crypto import salted_hmac
from ninja.errors import ValidationError
from pydantic import BaseModel, Field

PAGE, PAGE_MOST = 100, 500
M = TypeVar("M", bound=models.Model)
T = TypeVar("T")


class Paging(BaseModel):
    """Which part of a list is wanted."""

    after: str | None = Field(None, description="The `next` of the page before.")
    cursor: str | None = Field(None, description="The same as `after`.")
    limit: Annotated[int, Field(ge=1)] = Field(
        PAGE, description=f"How many; more than {PAGE_MOST} counts as {PAGE_MOST}."
    )

    @property
    def most(self) -> int:
        return min(self.limit, PAGE_MOST)


class Page(BaseModel, Generic[T]):
    """A part of a list; `next` is null at its end."""

    items: list[T]
    next: str | None


def newest_first(rows: models.QuerySet[M], paging: Paging) -> tuple[list[M], str | None]:
    """A page of `rows`, and the cursor of the following one. One query."""
    rows = rows.order_by("-pk")
    if (before := position(rows.model, paging)) is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows[: paging.most + 1])
    if len(page) <= paging.most:
        return page, None
    return page[:-1], cursor(rows.model, page[-2].pk)


def position(model: type[models.Model], paging: Paging) -> int | None:
    """The key of the last row that was seen; None at the beginning."""
    given = paging.after or paging.cursor
    return _unseal(model._meta.label, given) if given else None


def cursor(model: type[models.Model], key: int) -> str:
    """With which a list goes on after the row of this key."""
    return _seal(model._meta.label, key)


# A row's number would tell strangers how many there are, so cursors are encrypted.


def _seal(name: str, number: int) -> str:
    sealed = _cipher().encrypt(number.to_bytes(8, "big"), [name.encode()])
    return base64.urlsafe_b64encode(sealed).decode()


def _unseal(name: str, cursor: str) -> int:
    try:
        sealed = base64.urlsafe_b64decode(cursor.encode())
        return int.from_bytes(_cipher().decrypt(sealed, [name.encode()]), "big")
    except (binascii.Error, ValueError, InvalidTag):
        complaint = {"loc": ("query", "after"), "msg": "This is no cursor of this list."}
        raise ValidationError([complaint]) from None


def _cipher() -> AESSIV:
    return AESSIV(salted_hmac("networks.paging", "cursor", algorithm="sha256").digest())
