"""What can be done in the ring editor: one command at a time, on the draft that was looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from platforms import registry
from platforms.base import Modality, Model

from . import demo, edits, fields, knobs
from .commands import Command
from .drafts import Draft, Moved
from .edits import Impossible, Ring
from .models import Network
from .rings import Slot


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command: the draft as it stands now, and a sentence for whoever gave it."""

    draft: Draft
    said: str
    done: bool = True
    moved: bool = False  # not done, because the draft is another one than the one that was seen
    again: str = ""  # what it would do to the draft as it is now, where it still can be done


def perform(*, network: Network, command: Command, by: User, at: datetime) -> Outcome:
    """Does it, or says why not; what cannot be done changes nothing."""
    try:
        with transaction.atomic():
            return _perform(network, command, by, at)
    except Impossible as error:
        return Outcome(Draft.of(network), str(error), done=False)
    except Moved:
        draft = Draft.of(network)
        told = _foretold(draft, command)
        return Outcome(draft, _moved(draft, by), done=False, moved=True, again=told)


def _perform(network: Network, command: Command, by: User, at: datetime) -> Outcome:
    fresh = Network.objects.select_for_update().get(pk=network.pk)
    network.slots = fresh.slots
    draft = Draft.of(network)
    if command.key and command.key == draft.last_key:
        return Outcome(draft, "")  # its answer was lost on the way
    if command.seen != draft.mark:
        raise Moved
    if command.verb == "save":
        return _save(draft, command, by, at)
    history, told = _changed(draft, command)
    draft.keep(history, by=by, key=command.key, at=at)
    return Outcome(draft, f"{told} {_standing(draft)}".strip())


def _changed(draft: Draft, command: Command) -> tuple[edits.History, str]:
    history = draft.history
    if command.verb == "undo":
        undone = history.undone()
        return undone, f"Undone: {undone.future[0].told}."
    if command.verb == "redo":
        redone = history.redone()
        return redone, f"Done again: {redone.past[-1].told}."
    if command.verb == "discard":
        return history.then(tuple(draft.network.ring), "draft discarded"), "The draft is discarded."
    change = CHANGES.get(command.verb)
    if change is None:
        raise Impossible("This page asked for something that the editor cannot do: load it again.")
    ring, told = change(history.ring, command)
    if len(ring) > fields.SLOTS_MOST:
        raise Impossible(f"At most {fields.SLOTS_MOST} slots fit into a ring.")
    return history.then(ring, told), f"{told[:1].upper()}{told[1:]}."


def _foretold(draft: Draft, command: Command) -> str:
    if command.verb == "save":
        return "the ring is saved as it stands now."
    try:
        return _changed(draft, command)[1]
    except Impossible:
        return ""


def _save(draft: Draft, command: Command, by: User, at: datetime) -> Outcome:
    network = draft.network
    if problems := fields.ring_problems(draft.ring):
        return Outcome(draft, f"Not saved yet; the draft is kept. {' '.join(problems)}", done=False)
    if draft.outrun and not command.text("over"):
        return Outcome(draft, "Not saved: the ring was changed elsewhere meanwhile.", done=False)
    network.slots = [slot.as_json() for slot in draft.ring]
    network.save(update_fields=["slots"])
    draft.keep(draft.history, base=draft.ring, by=by, key=command.key, at=at)
    return Outcome(draft, "Saved. The next run goes by it.")


def _standing(draft: Draft) -> str:
    """How the ring stands after a change, for those who do not see it."""
    if not draft.ring:
        return "The ring is empty."
    problems = fields.ring_problems(draft.ring)
    if not problems:
        return "The ring closes."
    more = f" And {len(problems) - 1} more." if len(problems) > 1 else ""
    return problems[0] + more


def _moved(draft: Draft, by: User) -> str:
    who = draft.edited_by
    if who is None or who.pk == by.pk:
        return "The ring was changed in another window meanwhile; this is how it stands now."
    return f"{who.email} changed the ring meanwhile; this is how it stands now."


# Changes: the ring after it, and what was done


def _add(ring: Ring, command: Command) -> tuple[Ring, str]:
    """Where no place is said it goes to the end."""
    model = _model(command.text("model"))
    at = int(text) if (text := command.text("at")).isdecimal() and len(text) < 5 else len(ring)
    return edits.insert(ring, at, [Slot(model.id)]), f"“{model.name}” added as slot {at}"


def _bridge(ring: Ring, command: Command) -> tuple[Ring, str]:
    models = [_model(model_id) for model_id in command.words[1:]]
    if not models or not ring:
        raise Impossible("There is nothing to bridge.")
    last = _known(ring[-1])
    gives = last.output if last else Modality.TEXT
    names = " and ".join(f"“{model.name}”" for model in models)
    return edits.bridge(ring, command.place(), models, gives=gives), f"{names} put in between"


def _remove(ring: Ring, command: Command) -> tuple[Ring, str]:
    at = command.place()
    return edits.remove(ring, at), f"{_named(ring, at)} removed from slot {at}"


def _duplicate(ring: Ring, command: Command) -> tuple[Ring, str]:
    at = command.place()
    return edits.duplicate(ring, at), f"{_named(ring, at)} doubled as slot {at + 1}"


def _move(ring: Ring, command: Command) -> tuple[Ring, str]:
    at, to = command.place(), command.place(1)
    return edits.move(ring, at, to), f"{_named(ring, at)} moved from slot {at} to slot {to}"


def _replace(ring: Ring, command: Command) -> tuple[Ring, str]:
    """Parameters that the new model understands stay, and a fallback that fits."""
    at, model = command.place(), _model(command.text("model"))
    old = edits.taken(ring, at)
    spare = _known(Slot(old.fallback))
    fits = spare is not None and (spare.input, spare.output) == (model.input, model.output)
    slot = Slot(model.id, knobs.fitting(model, old.parameters), old.fallback if fits else "")
    return edits.replace(ring, at, slot), f"“{model.name}” put in the place of {_named(ring, at)}"


def _configure(ring: Ring, command: Command) -> tuple[Ring, str]:
    at = command.place()
    old = edits.taken(ring, at)
    if not all(fields.is_legible(text) for _, texts in command.form.lists() for text in texts):
        raise Impossible("A setting may not contain control characters.")
    model = _known(old)
    parameters = knobs.read(model, command.form) if model else old.parameters
    fallback = command.text("fallback")[:200]
    told = f"settings of {_named(ring, at)} changed"
    return edits.replace(ring, at, Slot(old.model, parameters, fallback)), told


def _begin(ring: Ring, command: Command) -> tuple[Ring, str]:
    name = " ".join(command.words)
    found = next((one for one in demo.DEMOS if one.name == name), None)
    if found is None:
        raise Impossible("There is no such ring to begin with.")
    return tuple(map(Slot.from_json, found.slots)), f"ring of “{name}” taken over"


CHANGES: Mapping[str, Callable[[Ring, Command], tuple[Ring, str]]] = {
    "add": _add,
    "bridge": _bridge,
    "remove": _remove,
    "duplicate": _duplicate,
    "move": _move,
    "replace": _replace,
    "configure": _configure,
    "begin": _begin,
}


def _model(model_id: str) -> Model:
    model = _known(Slot(model_id))
    if model is None:
        raise Impossible("Pick a model from the list." if not model_id else "This model is gone.")
    return model


def _known(slot: Slot) -> Model | None:
    try:
        return registry.get_model(slot.model)
    except registry.UnknownModel:
        return None


def _named(ring: Ring, at: int) -> str:
    slot = edits.taken(ring, at)
    model = _known(slot)
    return f"“{model.name if model else slot.model}”"
