"""What the demo networks are: their rings, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DemoSlot:
    """A slot with settings of its own."""

    name: str
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Demo:
    name: str
    description: str
    ring: Sequence[str | DemoSlot]
    attract_prompts: Sequence[str] = ()
    platform: str = "local"  # any other costs money: made only with its key, its terminal closed
    budgets: Mapping[str, float] = field(default_factory=dict)
    extra: str = ""  # made only where it is installed
    is_rapid: bool = False  # one step after the other, without a wait

    @property
    def slots(self) -> list[dict[str, object]]:
        whole = [DemoSlot(one) if isinstance(one, str) else one for one in self.ring]
        return [
            {
                "model": f"{self.platform}:{one.name}",
                "parameters": dict(one.parameters),
                "fallback": None,
            }
            for one in whole
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
        name="Rapid-fire Images and Words",
        description=(
            "A picture, a sentence, a picture, a sentence, as fast as the machines can. The painter "
            "paints what it is told, the tagger says what it sees, and a card from the **oblique** "
            "deck sends both somewhere else before they agree.\n\n"
            "Do not try to follow. Look away, look back, and ask what has stayed the same."
        ),
        ring=("painter", "tagger", "oblique"),
        attract_prompts=(
            "a thousand postcards falling down the stairs",
            "every window of the train at once",
            "a dictionary in a storm",
            "popcorn, seen from inside",
            "the shortest film ever made",
            "quick, before it is gone",
        ),
        is_rapid=True,
    ),
    Demo(
        name="Slow Look",
        description=(
            "The painter paints, a camera goes slowly into the picture, and somebody stops the film "
            "halfway. What is in that still is less than what was in the picture, so the "
            "**detailer** puts people, places and things back in.\n\n"
            "Nothing is lost here that is not replaced. Is it the same thing afterwards?"
        ),
        ring=("painter", "zoom", DemoSlot("frame", {"at": 0.9}), "tagger", "detailer"),
        attract_prompts=(
            "a crowd in which one person looks at you",
            "the far corner of a garden",
            "a map with a hole in it",
            "something small on a large table",
            "the third window from the left",
            "a ship, much too far away",
        ),
    ),
    Demo(
        name="Cocktail Party",
        description=(
            "Everybody talks. One guest says your words, another writes down what came across, a "
            "third has a story to tell about it, a fourth repeats it as one would in Italy, a fifth "
            "mishears that, the contrarian disagrees on principle, and somebody from Spain "
            "passes it on.\n\n"
            "Turn the sound on, and listen for the moment at which the party stops talking about "
            "what *you* said."
        ),
        ring=(
            "joe",
            "whisper",
            "storyteller",
            DemoSlot("kokoro", {"voice": "kumo", "language": "it"}),
            "sphinx",
            "contrarian",
            DemoSlot("joe", {"language": "es", "speed": 1.2}),
            "whisper",
            "rewriter",
        ),
        attract_prompts=(
            "have you heard about the lighthouse keeper",
            "sono venuto soltanto per le olive",
            "nadie sabe quién invitó al hombre con el perro",
            "my sister met a whale once",
            "it is much too loud in here to agree",
            "what do you do when you are not here",
        ),
        extra="local",
    ),
    Demo(
        name="Rube Goldberg, Aloud",
        description=(
            "The long way round, with voices: a picture, a description, somebody who reads it out, "
            "somebody who writes down what was heard, a tune, what the tune sounds like, a story, "
            "and the story is painted. Seven machines for what one could have left alone.\n\n"
            "Follow one word all the way. It is painted, seen, spoken, heard, played and guessed at "
            "before it is a word again."
        ),
        ring=("painter", "tagger", "joe", "whisper", "synth", "listener", "storyteller"),
        attract_prompts=(
            "a domino, and behind it another one",
            "the egg that switches on the lamp",
            "a ladder that leads to a smaller ladder",
            "an alarm clock that wakes the rooster",
            "a letter posted to the house next door",
            "the cat who opens the window who rings the bell",
        ),
        extra="local",
    ),
    Demo(
        name="Telephone by Voice",
        description=(
            "The old game, out loud. A voice says your words, an elderly machine writes down what "
            "it hears, the voice says *that*, slowly this time, and so on round the table. The **rewriter** "
            "tidies up once per lap, which helps less than one might think.\n\n"
            "Every mistake in this ring is a mistake of hearing."
        ),
        ring=("joe", "sphinx", DemoSlot("joe", {"speed": 0.8}), "whisper", "rewriter"),
        attract_prompts=(
            "send reinforcements, we are going to advance",
            "the rain in the library falls mainly on the poetry",
            "a red balloon drifts over the sleeping city",
            "she sells clock keys by the station door",
            "please repeat the last word, but slower",
            "there is a whale on the line for you",
        ),
        extra="local",
    ),
    Demo(
        name="Small Print",
        description=(
            "Words are printed on a poster that has seen better days, and a reader reads them off "
            "again: a letter is lost here, two words grow together there. Then the contrarian "
            "answers what it believes was written.\n\n"
            "A text that is copied out by machines that cannot spell. For how long is it yours?"
        ),
        ring=(DemoSlot("poster", {"noise": 0.75}), "reader", "contrarian"),
        attract_prompts=(
            "no dogs, no bicycles, no miracles",
            "lost: one grey cat, answers to nothing",
            "this way to the exit that is not an exit",
            "the management regrets everything",
            "wet paint, dry humour",
            "opening soon, or never",
        ),
        extra="local",
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
