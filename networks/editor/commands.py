"""The commands of the ring editor: what a form sends, and what it does to the draft it was made for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_noop, ngettext

from accounts.models import User
from lib.validation import is_legible
from networks import rings
from networks.demo_networks import DEMOS
from networks.models import Network
from networks.models.draft import Draft, DraftConflict
from networks.rings import Slot
from platforms.base import Modality, Model

from . import edits, parameter_fields
from .edits import EditDescription, EditRefused, Ring


@dataclass(frozen=True, slots=True)
class Command:
    """`do` is a verb and positions: `remove 3`, `move 3 1`, `connect 2 dummy:image-to-text`."""

    verb: str
    words: tuple[str, ...]
    form: QueryDict
    seen: str  # the etag of the draft it was made for
    key: str  # identifies the command: sent twice it is done once

    @classmethod
    def from_form(cls, form: QueryDict) -> Command:
        verb, *words = form.get("do", "").split() or [""]
        return cls(verb, tuple(words), form, form.get("seen", ""), form.get("key", "")[:40])

    def position(self, number: int = 0) -> int:
        word = self.words[number] if number < len(self.words) else ""
        if not word.isascii() or not word.isdigit() or len(word) > 4:
            raise EditRefused(gettext("This page did not say which slot it meant: load it again."))
        return int(word)

    def text(self, name: str) -> str:
        return self.form.get(name, "")

    @property
    def fragment(self) -> str:
        """The part of the page to go on from, where it is loaded anew."""
        return "picker" if self.verb in ("add", "replace", "begin") else "ring"

    @property
    def form_values(self) -> list[tuple[str, str]]:
        """The fields of the form that gave it, to give it again."""
        left_out = {"seen", "key", "csrfmiddlewaretoken"}
        pairs = [(name, text) for name, texts in self.form.lists() for text in texts]
        return [(name, text) for name, text in pairs if name not in left_out]


@dataclass(frozen=True, slots=True)
class EditorResult:
    """What became of a command: the draft as it is now, and a sentence for whoever sent it."""

    draft: Draft
    message: str
    done: bool = True
    conflict: bool = False  # not done, because the draft has changed since it was looked at
    retry_message: str = ""  # what it would do to the draft as it is now; empty: nothing


def run_command(*, network: Network, command: Command, by: User, at: datetime) -> EditorResult:
    """Does it, or says why not; what cannot be done changes nothing."""
    try:
        with transaction.atomic():
            return _run(network, command, by, at)
    except EditRefused as error:
        return EditorResult(Draft.for_network(network), str(error), done=False)
    except DraftConflict:
        draft = Draft.for_network(network)
        message, retry = _conflict_message(draft, by), _preview(draft, command)
        return EditorResult(draft, message, done=False, conflict=True, retry_message=retry)


def _run(network: Network, command: Command, by: User, at: datetime) -> EditorResult:
    fresh = Network.objects.select_for_update().get(pk=network.pk)
    network.slots = fresh.slots
    draft = Draft.for_network(network)
    if command.key and command.key == draft.last_key:
        return EditorResult(draft, "")  # its answer was lost on the way
    if command.seen != draft.etag:
        raise DraftConflict
    if command.verb == "save":
        return _save(draft, command, by, at)
    history, message = _edited(draft, command)
    draft.store(history, by=by, key=command.key, at=at)
    return EditorResult(draft, f"{message} {_ring_summary(draft)}".strip())


def _edited(draft: Draft, command: Command) -> tuple[edits.History, str]:
    history = draft.history
    if command.verb == "undo":
        undone = history.undone()
        return undone, gettext("Undone: %(change)s.") % {"change": undone.future[0].description}
    if command.verb == "redo":
        redone = history.redone()
        return redone, gettext("Done again: %(change)s.") % {"change": redone.past[-1].description}
    if command.verb == "discard":
        saved = tuple(draft.network.ring)
        description = EditDescription(gettext_noop("draft discarded"))
        return history.changed_to(saved, description), gettext("The draft is discarded.")
    change = EDITS.get(command.verb)
    if change is None:
        raise EditRefused(
            gettext("This page asked for something that the editor cannot do: load it again.")
        )
    ring, description = change(history.ring, command)
    if len(ring) > rings.MAX_SLOTS:
        sentence = gettext("At most %(most)d slots fit into a ring.")
        raise EditRefused(sentence % {"most": rings.MAX_SLOTS})
    return history.changed_to(ring, description), f"{capfirst(str(description))}."


def _preview(draft: Draft, command: Command) -> str:
    if command.verb == "save":
        return gettext("the ring is saved as it stands now.")
    try:
        return _edited(draft, command)[1]
    except EditRefused:
        return ""


def _save(draft: Draft, command: Command, by: User, at: datetime) -> EditorResult:
    network = draft.network
    if problems := rings.ring_problems(draft.ring):
        sentence = gettext("Not saved yet; the draft is kept. %(problems)s")
        raise EditRefused(sentence % {"problems": " ".join(problems)})
    if draft.is_outdated and not command.text("over"):
        raise EditRefused(gettext("Not saved: the ring was changed elsewhere meanwhile."))
    network.slots = [slot.as_json() for slot in draft.ring]
    network.save(update_fields=["slots"])
    draft.store(draft.history, base=draft.ring, by=by, key=command.key, at=at)
    return EditorResult(draft, gettext("Saved. The next run goes by it."))


def _ring_summary(draft: Draft) -> str:
    """Whether the ring closes after a change, for those who do not see the drawing."""
    if not draft.ring:
        return gettext("The ring is empty.")
    problems = rings.ring_problems(draft.ring)
    if not problems:
        return gettext("The ring closes.")
    more = len(problems) - 1
    if not more:
        return problems[0]
    sentence = ngettext("%(problem)s And %(count)d more.", "%(problem)s And %(count)d more.", more)
    return sentence % {"problem": problems[0], "count": more}


def _conflict_message(draft: Draft, by: User) -> str:
    who = draft.edited_by
    if who is None or who.pk == by.pk:
        return gettext(
            "The ring was changed in another window meanwhile; this is how it stands now."
        )
    sentence = gettext("%(who)s changed the ring meanwhile; this is how it stands now.")
    return sentence % {"who": who.email}


# Edits: each gives the ring after it, and a description of what was done


def _add(ring: Ring, command: Command) -> tuple[Ring, EditDescription]:
    """Without a position it goes to the end."""
    model = _require_model(command.text("model"))
    at = int(text) if (text := command.text("at")).isdecimal() and len(text) < 5 else len(ring)
    description = EditDescription(
        gettext_noop("%(models)s added as slot %(number)d"),
        {"models": [model.name], "number": at + 1},
    )
    return edits.insert(ring, at, [Slot(model.id)]), description


def _connect(ring: Ring, command: Command) -> tuple[Ring, EditDescription]:
    models = [_require_model(model_id) for model_id in command.words[1:]]
    if not models or not ring:
        raise EditRefused(gettext("There is nothing to insert here."))
    last = rings.find_model(ring[-1].model)
    gives = last.output if last else Modality.TEXT
    after = edits.insert_suggestion(ring, command.position(), models, gives=gives)
    names = [model.name for model in models]
    return after, EditDescription(gettext_noop("%(models)s put in between"), {"models": names})


def _remove(ring: Ring, command: Command) -> tuple[Ring, EditDescription]:
    at = command.position()
    description = EditDescription(
        gettext_noop("%(models)s removed from slot %(number)d"),
        {"models": [_named(ring, at)], "number": at + 1},
    )
    return edits.remove(ring, at), description


def _duplicate(ring: Ring, command: Command) -> tuple[Ring, EditDescription]:
    at = command.position()
    description = EditDescription(
        gettext_noop("%(models)s doubled as slot %(number)d"),
        {"models": [_named(ring, at)], "number": at + 2},
    )
    return edits.duplicate(ring, at), description


def _move(ring: Ring, command: Command) -> tuple[Ring, EditDescription]:
    at, to = command.position(), command.position(1)
    description = EditDescription(
        gettext_noop("%(models)s moved from slot %(from)d to slot %(to)d"),
        {"models": [_named(ring, at)], "from": at + 1, "to": to + 1},
    )
    return edits.move(ring, at, to), description


def _replace(ring: Ring, command: Command) -> tuple[Ring, EditDescription]:
    """Parameters that the new model understands stay, and a fallback that fits."""
    at, model = command.position(), _require_model(command.text("model"))
    old = edits.slot_at(ring, at)
    fallback = rings.find_model(old.fallback)
    fits = fallback is not None and rings.can_replace(fallback, model)
    parameters = parameter_fields.keep_fitting(model, old.parameters)
    slot = Slot(model.id, parameters, old.fallback if fits else "")
    description = EditDescription(
        gettext_noop("%(models)s put in the place of %(replaced)s"),
        {"models": [model.name], "replaced": [_named(ring, at)]},
    )
    return edits.replace(ring, at, slot), description


def _configure(ring: Ring, command: Command) -> tuple[Ring, EditDescription]:
    at = command.position()
    old = edits.slot_at(ring, at)
    if not all(is_legible(text) for _, texts in command.form.lists() for text in texts):
        raise EditRefused(gettext("A setting may not contain control characters."))
    model = rings.find_model(old.model)
    parameters = parameter_fields.read_form(model, command.form) if model else old.parameters
    fallback = command.text("fallback")[:200]
    description = EditDescription(
        gettext_noop("settings of %(models)s changed"), {"models": [_named(ring, at)]}
    )
    return edits.replace(ring, at, Slot(old.model, parameters, fallback)), description


def _begin(ring: Ring, command: Command) -> tuple[Ring, EditDescription]:
    name = " ".join(command.words)
    found = next((one for one in DEMOS if one.name == name), None)
    if found is None:
        raise EditRefused(gettext("There is no such ring to begin with."))
    description = EditDescription(gettext_noop("ring of %(names)s taken over"), {"names": [name]})
    return tuple(map(Slot.from_json, found.slots)), description


EDITS: Mapping[str, Callable[[Ring, Command], tuple[Ring, EditDescription]]] = {
    "add": _add,
    "connect": _connect,
    "remove": _remove,
    "duplicate": _duplicate,
    "move": _move,
    "replace": _replace,
    "configure": _configure,
    "begin": _begin,
}


def _require_model(model_id: str) -> Model:
    model = rings.find_model(model_id)
    if model is None:
        if model_id:
            raise EditRefused(gettext("This model is gone."))
        raise EditRefused(gettext("Pick a model from the list."))
    return model


def _named(ring: Ring, at: int) -> str:
    slot = edits.slot_at(ring, at)
    model = rings.find_model(slot.model)
    return model.name if model else slot.model
