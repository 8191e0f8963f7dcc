"""The demo networks: all but one need only the local models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.text import slugify

from accounts.models import User

from .models import Network


@dataclass(frozen=True, slots=True)
class Demo:
    name: str
    description: str
    ring: Sequence[str]
    attract_prompts: Sequence[str] = ()
    platform: str = "local"  # any other costs money: made only with its key, its terminal closed
    budgets: Mapping[str, float] = field(default_factory=dict)

    @property
    def slots(self) -> list[dict[str, object]]:
        return [
            {"model": f"{self.platform}:{name}", "parameters": {}, "fallback": None}
            for name in self.ring
        ]

    @property
    def is_free(self) -> bool:
        return self.platform == "local"


DEMOS = (
    Demo(
        name="Telephone",
        description=(
            "A game of telephone for machines. The **painter** paints your words, the **tagger** "
            "says what it believes it sees, the **storyteller** takes that for the truth and goes "
            "on from there; then the painter paints the story.\n\n"
            "Nobody in this ring is lying. Count how many steps your words survive, and look for "
            "the first one at which something was *decided*."
        ),
        ring=("painter", "tagger", "storyteller"),
        attract_prompts=(
            "a lighthouse that has fallen in love with a ship",
            "the last tram home on a night of snow",
            "a whale asleep beneath a city",
            "my grandmother's kitchen, exactly as it was",
            "a red balloon in an empty museum",
            "two foxes waiting for a lift",
        ),
    ),
    Demo(
        name="Contrarian",
        description=(
            "Whatever is said here is turned into its opposite, painted, looked at, and turned "
            "round again. Two opposites should lead home.\n\n"
            "They do not. Where they lead instead is what the machines take for *the other side* "
            "of a thing, and it is rarely the one you had in mind."
        ),
        ring=("contrarian", "painter", "tagger", "rewriter"),
        attract_prompts=(
            "a cold morning at the sea",
            "everybody in the room agrees",
            "a very small house with a very large door",
            "the quietest place on earth",
            "an old man teaches a child to whistle",
            "summer, before the phones",
        ),
    ),
    Demo(
        name="Score",
        description=(
            "Words become a tune, a listener who understands no speech says what the tune sounds "
            "like, and a storyteller believes it.\n\n"
            "Bring a word with many *o*s, then one with many *i*s: the synthesizer plays how words "
            "sound, not what they mean. Everything that means something by the end was heard into it."
        ),
        ring=("synth", "listener", "storyteller"),
        attract_prompts=(
            "slow snow over the harbour",
            "a clockwork bird that has lost its key",
            "footsteps in the corridor above",
            "the sea, the sea, the sea",
            "hurry, hurry, the train, the train",
            "moonlight on a tin roof",
        ),
    ),
    Demo(
        name="Rube Goldberg",
        description=(
            "The long way round: a picture, a description, a tune, another description, a story, "
            "and the story is painted. Five machines, three senses, and a whole lap before anything "
            "has the chance to come back to you.\n\n"
            "Long rings forget quickly. Watch for what does *not* get lost: a colour, a mood, a "
            "word that every one of them seems to like."
        ),
        ring=("painter", "tagger", "synth", "listener", "storyteller"),
        attract_prompts=(
            "a marble rolls off the table",
            "an orchestra of kettles",
            "the inside of a piano, seen by an ant",
            "fireworks behind a wall",
            "a parade for a single cat",
            "rain learns to count",
        ),
    ),
    Demo(
        name="Particulars",
        description=(
            "Rings drift towards the general: a person, a place, some light. This one pushes back. "
            "After each look at the picture the **detailer** puts people, places and things in "
            "again, with names, and the painter has to cope.\n\n"
            "A ring that insists on particulars does not settle. Is that the same as *imagination*?"
        ),
        ring=("detailer", "painter", "tagger"),
        attract_prompts=(
            "somebody at a window",
            "a market, early",
            "the dog from next door",
            "three objects on a shelf",
            "a photograph nobody remembers taking",
            "what was in the suitcase",
        ),
    ),
    Demo(
        name="Whispers",
        description=(
            "The smallest ring there is: one machine plays your words, the other says what it has "
            "heard, and the first one plays *that*. No pictures, no stories, nothing learnt from "
            "anybody.\n\n"
            "It runs on any computer, for ever, at no cost. Turn the sound on."
        ),
        ring=("synth", "listener"),
        attract_prompts=(
            "hush",
            "a bell under water",
            "what the wind said to the wires",
            "a lullaby for a refrigerator",
            "bees, then no bees",
            "a door, a stair, another door",
        ),
    ),
    Demo(
        name="Finetune Friday",
        description=(
            "One painter in four costumes. Somebody taught it tarot cards, somebody else black "
            "light, frosting and the cartoons of 1930; between two costumes a pair of eyes says "
            "what is there, and has to say it without the style.\n\n"
            "What survives a change of clothes? Watch what the cards do to the next picture "
            "*after* they have gone.\n\n"
            "This ring runs at Replicate and costs money: its terminal is for its people, and it "
            "stops for the day at two dollars."
        ),
        ring=(
            "flux-dev-lora-tarot",
            "moondream2",
            "flux-dev-lora-black-light",
            "molmo-7b",
            "flux-dev-lora-frosting-lane",
            "moondream2",
            "flux-dev-lora-rubber-core",
            "molmo-7b",
        ),
        attract_prompts=(
            "the fool and a vending machine",
            "three swans at a petrol station",
            "an office on the last Friday of all",
            "a tower, a moon, a very good dog",
            "two lovers and a photocopier",
            "the hermit opens the fridge",
        ),
        platform="replicate",
        budgets={"usd_per_day": 2.0, "calls_per_hour": 120, "laps_per_run": 3},
    ),
)


def seed(owner: User) -> list[Network]:
    """Make those demo networks that are not there; returns the new ones.

    One whose address exists is left as it is, whatever people have made of it. The home page's
    button is pointed at the first that can run, unless it already leads somewhere. What costs money
    waits until there is a key to run it.
    """
    with transaction.atomic():
        # Lists are newest first, so the first is made last.
        made = [_make(owner, demo) for demo in reversed(DEMOS) if _is_wanted(demo, owner)]
        _feature_one(made)
    return made


def _is_wanted(demo: Demo, owner: User) -> bool:
    if Network.objects.find_by_slug(slugify(demo.name)) is not None:
        return False
    return demo.is_free or not Network(owner=owner, slots=demo.slots).problems()


def _make(owner: User, demo: Demo) -> Network:
    return Network.create(
        owner,
        name=demo.name,
        description=demo.description,
        slots=demo.slots,
        attract_prompts=list(demo.attract_prompts),
        public=True,
        open_terminal=demo.is_free,
        budgets=dict(demo.budgets),
    )


def _feature_one(made: list[Network]) -> None:
    if not made or Network.objects.filter(public=True, featured=True).exists():
        return
    # False comes first: what anybody may type into, and of that what can run.
    first = min(reversed(made), key=lambda one: (not one.open_terminal, bool(one.problems())))
    first.featured = True
    first.save(update_fields=["featured"])
