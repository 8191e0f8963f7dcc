"""The page of the ring editor: every slot, every connection, and the status of the draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext

from lib.sentences import join_with_and
from networks import rings
from networks.demo_networks import DEMOS, Demo
from networks.hooks import Forecast, hooks
from networks.models import Network
from networks.models.draft import Draft
from networks.rings import Connection, Slot, SlotStatus
from platforms.base import Modality

from . import parameter_fields
from .drawing import RingDrawing, draw_ring
from .model_picker import (
    ModelChoice,
    PickerGroup,
    Suggestion,
    group_choices,
    list_choices,
    suggest_models,
)


@dataclass(frozen=True, slots=True)
class SuggestionButton:
    """Suggested models as a button: the command it sends, and what to say of it."""

    command: str
    names: str
    path: str
    usd: float | None
    reason: str  # why it cannot be used now

    @classmethod
    def from_choices(cls, at: int, choices: Suggestion) -> SuggestionButton:
        models = [choice.model for choice in choices]
        prices = [model.usd for model in models]
        return cls(
            command=" ".join(["connect", str(at), *(model.id for model in models)]),
            names=join_with_and([model.name for model in models]),
            path=" → ".join(map(gettext, [models[0].input, *(model.output for model in models)])),
            usd=None if None in prices else sum(price or 0.0 for price in prices),
            reason=" ".join(choice.reason for choice in choices if not choice.available),
        )


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """A connection in the list, with the models suggested to make it fit."""

    connection: Connection
    suggestions: list[SuggestionButton]


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A slot in the list, with the connection before it."""

    slot: Slot
    status: SlotStatus
    before: ConnectionRow
    parameter_fields: list[parameter_fields.ParameterField]
    unknown_parameters: list[str]
    fallbacks: list[ModelChoice]
    fallback_problem: str
    cut_texts: int  # of the newest that its model wrote here: ended at a limit

    @property
    def needs_attention(self) -> bool:
        """Whether its settings are shown opened."""
        wrong = any(field.errors for field in self.parameter_fields)
        return bool(self.unknown_parameters or self.fallback_problem or wrong)


@dataclass(frozen=True, slots=True)
class EditorStatus:
    """Saved or not, runnable or not, running or not, and why."""

    saved: bool
    can_be_saved: bool
    note: str  # about saving
    problems: list[str]  # of the draft
    runnable: bool  # the saved ring
    run_problems: list[str]  # of the saved ring
    running: bool


@dataclass(frozen=True, slots=True)
class PickerTarget:
    """Where the next model goes: into a connection, or in the place of a slot."""

    verb: str
    at: int
    groups: list[PickerGroup]

    @property
    def command(self) -> str:
        return f"replace {self.at}" if self.verb == "replace" else "add"


@dataclass(frozen=True, slots=True)
class EditorPage:
    draft: Draft
    rows: list[SlotRow]
    closing: ConnectionRow | None
    drawing: RingDrawing
    status: EditorStatus
    forecast: Forecast | None
    target: PickerTarget
    demos: Sequence[Demo]

    @property
    def empty(self) -> bool:
        return not self.rows and self.status.saved


def editor_page(network: Network, draft: Draft, query: Mapping[str, str]) -> EditorPage:
    """`query` may have `at` or `replace`, with a number: where the next model is to go."""
    ring = draft.ring
    statuses = rings.slot_statuses(ring, network.credential_resolver)
    connections = rings.connect([status.model for status in statuses])
    choices = list_choices(network.credential_resolver, ring)
    current = [choice for choice in choices if not choice.model.deprecated]
    rows = [_connection_row(one, current, len(ring)) for one in connections]
    forecast = hooks.forecast(network, ring) if ring else None
    cut = forecast.cut_texts if forecast else {}
    return EditorPage(
        draft=draft,
        rows=[
            _slot_row(*one, choices, cut.get(one[0].model, 0))
            for one in zip(ring, statuses, rows, strict=False)
        ],
        closing=rows[-1] if rows else None,
        drawing=draw_ring(statuses, connections),
        status=_status(network, draft, connections),
        forecast=forecast,
        target=_target(query, connections, choices, len(ring)),
        demos=() if ring else DEMOS,
    )


def _connection_row(
    connection: Connection, choices: Sequence[ModelChoice], size: int
) -> ConnectionRow:
    at = connection.position
    suggested = suggest_models(connection, choices, closing=at == size)
    return ConnectionRow(
        connection, [SuggestionButton.from_choices(at, models) for models in suggested]
    )


def _slot_row(
    slot: Slot,
    status: SlotStatus,
    before: ConnectionRow,
    choices: Sequence[ModelChoice],
    cut_texts: int,
) -> SlotRow:
    model, values = status.model, slot.parameters
    return SlotRow(
        slot=slot,
        status=status,
        before=before,
        parameter_fields=parameter_fields.fields_of_model(model, values) if model else [],
        unknown_parameters=parameter_fields.unknown_parameters(model, values) if model else [],
        fallbacks=[
            one
            for one in choices
            if model and one.model.id != model.id and rings.can_replace(one.model, model)
        ],
        fallback_problem=capfirst(rings.fallback_problem(slot, model)),
        cut_texts=cut_texts,
    )


def _status(network: Network, draft: Draft, connections: Sequence[Connection]) -> EditorStatus:
    problems = rings.ring_problems(draft.ring) if draft.ring or network.slots else []
    # Where a model is unknown the rules judge nothing else, but here every connection is looked at.
    problems += [one.problem for one in connections if one.problem not in ("", *problems)]
    run_problems = network.problems()
    return EditorStatus(
        saved=not draft.has_changes,
        can_be_saved=bool(draft.ring) and not problems,
        note=_saving_note(draft, problems),
        problems=problems,
        runnable=not run_problems,
        run_problems=run_problems,
        running=network.pk in hooks.running_among([network.pk]),
    )


def _saving_note(draft: Draft, problems: Sequence[str]) -> str:
    if not draft.has_changes:
        return "" if draft.ring else gettext("Nothing to save yet: add a model.")
    if draft.is_outdated:
        return gettext(
            "The saved ring was changed elsewhere since this draft was begun. Saving replaces it."
        )
    if problems:
        return gettext("The draft is kept here; it can be saved once its problems are solved.")
    return gettext("The draft is kept, and it closes: save it, and the next run goes by it.")


def _target(
    query: Mapping[str, str],
    connections: Sequence[Connection],
    choices: list[ModelChoice],
    size: int,
) -> PickerTarget:
    replaced = _number(query.get("replace", ""), size - 1)
    if replaced is not None:
        groups = group_choices(connections[replaced].gives, choices)
        return PickerTarget("replace", replaced, groups)
    at = _number(query.get("at", ""), size)
    at = size if at is None else at
    incoming = connections[at].gives if connections else Modality.TEXT
    return PickerTarget("add", at, group_choices(incoming, choices))


def _number(text: str, highest: int) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 5 and int(text) <= highest else None
