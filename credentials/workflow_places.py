"""Where uploaded workflows run, and what is missing where one cannot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext

from lib.stored_sentences import translate_stored
from platforms import servers
from platforms.comfy.workflow import NotAWorkflow
from platforms.errors import NotConfigured

from .models import Server, UploadedWorkflow


@dataclass(frozen=True, slots=True)
class PlacedWorkflow:
    """A workflow, the name of the server it would run on now, and why it cannot, in a sentence."""

    row: UploadedWorkflow
    server: str = ""
    problem: str = ""


def placed(rows: Iterable[UploadedWorkflow]) -> list[PlacedWorkflow]:
    """In their order; `rows` come with their servers."""
    there = [row.known for row in Server.objects.filter(kind="comfyui").by_name()]
    return [_placed(row, there) for row in rows]


def _placed(row: UploadedWorkflow, there: list[servers.KnownServer]) -> PlacedWorkflow:
    try:
        found = servers.comfyui_server(row.known.server, row.name, among=there)
    except NotConfigured as error:
        return PlacedWorkflow(row, problem=translate_stored(str(error)))
    except NotAWorkflow as error:
        again = gettext("It is not understood any more, and has to be uploaded again.")
        return PlacedWorkflow(row, problem=f"{again} {error}")
    return PlacedWorkflow(row, server=found.name, problem=translate_stored(found.trouble()))
