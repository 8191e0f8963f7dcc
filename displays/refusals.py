"""What a visitor is told when a run is not started, and what they can look at instead."""

from __future__ import annotations

from invocations import runs
from invocations.models import Run
from invocations.prompts import BadPrompt
from invocations.states import InvocationState
from networks.models import Network, Person

# Where the engine's own sentence is for those who look after the network
_FOR_VISITORS = {
    "not_runnable": "This one is resting; its curator has to look after it.",
    "budget": "This one has had enough for now. Come back a little later.",
    "halted": "Everything is stopped for the moment. Your words are kept.",
    "lockout": "Somebody has just been. Your words are kept; wait for your turn.",
    "key_reused": "Your words have changed since they were sent. Send them again.",
}
_CONFLICTS = {"lockout", "halted", "budget", "key_reused"}
_NOTHING_RUNS = {"not_runnable", "budget", "halted"}


def words(refusal: Exception, *, told: bool) -> str:
    """The sentence for whoever typed; `told`: they may know what is behind it."""
    if isinstance(refusal, runs.StartRefused) and not told:
        return _FOR_VISITORS.get(refusal.code, str(refusal))
    return str(refusal)


def status(refusal: Exception) -> int:
    if isinstance(refusal, BadPrompt):
        return 422
    return 409 if isinstance(refusal, runs.StartRefused) and refusal.code in _CONFLICTS else 422


def instead(refusal: Exception, network: Network, person: Person) -> Run | None:
    """A run of old to watch where nothing can be started."""
    if not isinstance(refusal, runs.StartRefused) or refusal.code not in _NOTHING_RUNS:
        return None
    return earlier(network, person)


def earlier(network: Network, person: Person) -> Run | None:
    """The newest run of `network` that came to something and that `person` may see."""
    seen = Run.objects.visible_to(person).filter(network=network)
    done = seen.filter(invocations__state=InvocationState.COMPLETED)
    return done.newest_first().first()
