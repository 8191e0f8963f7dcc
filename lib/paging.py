"""Lists in pages: newest first, with encrypted cursors."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Generic, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from ninja.errors import ValidationError
from pydantic import BaseModel, Field

DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 100, 500
M = TypeVar("M", bound=models.Model)
T = TypeVar("T")


class Paging(BaseModel):
    """Which part of a list is wanted."""

    after: str | None = Field(None, description="The `next` of the page before.")
    cursor: str | None = Field(None, description="The same as `after`.")
    limit: Annotated[int, Field(ge=1)] = Field(
        DEFAULT_PAGE_SIZE,
        description=f"How many; more than {MAX_PAGE_SIZE} counts as {MAX_PAGE_SIZE}.",
    )

    @property
    def page_size(self) -> int:
        return min(self.limit, MAX_PAGE_SIZE)


class Page(BaseModel, Generic[T]):
    """A part of a list; `next` is null at its end."""

    items: list[T]
    next: str | None


def newest_first(rows: models.QuerySet[M], paging: Paging) -> tuple[list[M], str | None]:
    """A page of `rows`, and the cursor of the following one. One query."""
    rows = rows.order_by("-pk")
    if (before := decode_cursor(rows.model, paging)) is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows[: paging.page_size + 1])
    if len(page) <= paging.page_size:
        return page, None
    return page[:-1], encode_cursor(rows.model, page[-2].pk)


def decode_cursor(model: type[models.Model], paging: Paging) -> int | None:
    """The key of the last row that was seen; None at the beginning."""
    given = paging.after or paging.cursor
    return _decrypt(model._meta.label, given) if given else None


def encode_cursor(model: type[models.Model], key: int) -> str:
    """With which a list goes on after the row of this key."""
    return _encrypt(model._meta.label, key)


# A row's number would tell strangers how many there are, so cursors are encrypted.


def _encrypt(name: str, number: int) -> str:
    encrypted = _cipher().encrypt(number.to_bytes(8, "big"), [name.encode()])
    return base64.urlsafe_b64encode(encrypted).decode()


def _decrypt(name: str, cursor: str) -> int:
    try:
        encrypted = base64.urlsafe_b64decode(cursor.encode())
        return int.from_bytes(_cipher().decrypt(encrypted, [name.encode()]), "big")
    except (binascii.Error, ValueError, InvalidTag):
        error = {"loc": ("query", "after"), "msg": gettext("This is no cursor of this list.")}
        raise ValidationError([error]) from None


def _cipher() -> AESSIV:
    return AESSIV(salted_hmac("networks.paging", "cursor", algorithm="sha256").digest())
