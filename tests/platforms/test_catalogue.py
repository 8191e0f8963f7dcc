"""The catalogue as data: what it holds, and what is said of a mistake in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest

from platforms import catalogue, registry
from platforms.base import Modality, Model
from platforms.checks import check_catalogue, contradictions
from platforms.payloads import read_output
from platforms.registry import get_model, registered_temporarily

MODELS = registry.all_models()
HOSTED = ("replicate", "openai", "anthropic", "gemini")
# The original's, by what it turned into what; a minus stands before what it had retired.
ORIGINAL = {
    "image to text": """
        molmo-7b moondream2 qwen2-vl-7b llama-4-scout claude-4-sonnet-caption -bunny-phi-2-siglip
        -florence-2-large -uform-gen -blip-2 -blip-3 -llava-13b""",
    "text to image": """
        stable-diffusion imagen-4-fast photon-flash flux-2-klein-4b seedream-4.5 z-image-turbo
        dreamina-3.1 ideogram-v3-turbo -flux-schnell -sdxl -icons -sticker-maker
        -sdxl-lightning-4step -kandinsky-2.2 -proteus-v0.2 -seedream-3""",
    "image to image": "flux-kontext-dev",
    "text to text": "claude-4-sonnet -llama-3-8b -llama-3-8b-songifier",
    "text to audio": "magnet flux-music lyria-2 -musicgen -riffusion",
    "audio to text": "whisper",
}
GOOD = 'title = "T"\nturns = "text to image"\npath = "a/b"\n'


def turns(model: Model) -> str:
    return f"{model.input} to {model.output}"


@pytest.mark.parametrize("kind", ORIGINAL)
def test_the_originals_models_are_there_and_what_it_had_retired_is_marked(kind: str) -> None:
    for entry in ORIGINAL[kind].split():
        model = get_model(f"replicate:{entry.lstrip('-')}")

        assert turns(model) == kind
        assert model.deprecated is entry.startswith("-")


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("whisper", {"no_speech_threshold": 1.0, "condition_on_previous_text": False}),
        ("imagen-4-fast", {"aspect_ratio": "16:9", "safety_filter_level": "block_only_high"}),
        ("seedream-4.5", {"size": "2K", "guidance_scale": 2.5}),
        ("dreamina-3.1", {"resolution": "2K", "enhance_prompt": False}),
        ("claude-4-sonnet-caption", {"max_image_resolution": 0.5}),
        ("llava-13b", {"max_tokens": 100, "temperature": 0.2}),
        ("sdxl", {"width": 1024, "height": 576, "num_inference_steps": 50}),
        ("proteus-v0.2", {"apply_watermark": False, "disable_safety_checker": True}),
        ("magnet", {"variations": 1}),
        ("musicgen", {"duration": 8, "top_k": 1000, "temperature": 1.1}),
        ("riffusion", {"alpha": 0}),
        ("flux-kontext-dev", {"guidance": 2.5, "num_inference_steps": 30}),
    ],
)
def test_what_the_original_found_out_about_a_model_is_sent(
    name: str, sent: dict[str, object]
) -> None:
    assert sent.items() <= get_model(f"replicate:{name}").defaults.items()


def test_where_a_model_takes_its_input_and_keeps_its_output_is_known() -> None:
    rows = {row.model.id.partition(":")[2]: row for row in catalogue.load("replicate")}

    assert rows["qwen2-vl-7b"].input_field == "media"
    assert rows["riffusion"].input_field == "prompt_a"
    assert rows["flux-kontext-dev"].input_field == "input_image"
    assert (rows["flux-music"].output_field, rows["riffusion"].output_field) == ("wav", "audio")
    assert rows["llama-3-8b-songifier"].template.startswith("You produce music.")
    assert '"' in rows["molmo-7b"].strip


def test_so_are_those_it_asked_directly() -> None:
    assert turns(get_model("gemini:gemini-audio-description")) == "audio to text"
    assert turns(get_model("gemini:gemini-audio-description-pro")) == "audio to text"
    assert turns(get_model("openai:gpt-5-chat")) == "text to text"


def test_replicate_speaks_and_makes_moving_pictures_from_words_and_from_pictures() -> None:
    kinds = Counter(turns(model) for model in MODELS if model.platform == "replicate")

    assert kinds["text to video"] >= 2
    assert kinds["image to video"] >= 2
    assert kinds["video to text"] >= 1  # or no ring with video in it could close
    assert get_model("replicate:speech-02-turbo").output is Modality.AUDIO


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_a_row_holds_together_and_its_parameters_are_a_json_schema(model: Model) -> None:
    jsonschema_rs.meta.validate(dict(model.parameters))

    assert contradictions(model) == []


@pytest.mark.parametrize("platform", HOSTED)
def test_a_hosted_row_says_who_made_it_where_it_lives_and_when_it_was_written(
    platform: str,
) -> None:
    for model in registry.get_platform(platform).models():
        assert model.maker
        assert model.licence
        assert model.seconds
        assert model.homepage.startswith("https://")
        assert "{" not in model.homepage
        assert model.unverified >= "2026-11-21"


def test_nothing_is_wrong_with_the_catalogue() -> None:
    assert check_catalogue() == []


# Families


def test_a_fine_tune_is_a_model_of_its_own_with_its_weights_and_its_words() -> None:
    rows = {row.model.id: row for row in catalogue.load("replicate")}
    family, tarot = rows["replicate:flux-dev-lora"], rows["replicate:flux-dev-lora-tarot"]
    ps1 = rows["replicate:flux-dev-lora-ps1"]

    assert "lora_weights" in family.model.parameters["properties"]  # type: ignore[operator]
    assert tarot.model.defaults["lora_weights"] == "huggingface.co/multimodalart/flux-tarot-v1"
    assert "lora_weights" not in tarot.model.parameters["properties"]  # type: ignore[operator]
    assert tarot.template == "{input}, in the style of TOK a trtcrd tarot style"
    assert ps1.template == "ps1 game screenshot, {input}"
    assert ps1.trigger in ps1.model.note.replace("…", "{input}")
    assert len([one for one in rows if one.startswith("replicate:flux-dev-lora-")]) >= 5


def test_a_persona_is_a_row_that_sets_the_work_aside() -> None:
    for platform in ("openai", "anthropic", "gemini"):
        persona = get_model(f"{platform}:oblique-strategies")

        assert turns(persona) == "text to text"
        assert "one card" in str(persona.defaults["instructions"])


@pytest.mark.parametrize(
    "answer",
    [
        {"img": None, "text": "{'<DETAILED_CAPTION>': 'A red disc, it's round.'}"},
        {"img": None, "text": '{"<DETAILED_CAPTION>": "A red disc, it\'s round."}'},
        {"img": None, "text": "{'<MORE_DETAILED_CAPTION>': 'A red disc, it's round."},
        {"img": None, "text": "A red disc, it's round."},
    ],
)
def test_words_that_are_wrapped_in_almost_json_are_unwrapped(answer: object) -> None:
    rows = {row.model.id: row for row in catalogue.load("replicate")}
    row = rows["replicate:florence-2-large"]

    read = read_output(
        answer, Modality.TEXT, field=row.output_field, strip=row.strip, pattern=row.pattern
    )

    assert read.text == "A red disc, it's round."


# Slips


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[a]\ntitle = "T"\npath = "x"', "[a]: “turns” is missing."),
        ('[a]\ntitle = "T"\npath = "x"\nturns = "text to smell"', "not “text to smell”"),
        ('[a]\ntitle = "T"\npath = "x"\nturns = "words"', "not “words”"),
        (f"[a]\n{GOOD}colour = 1", "There is no such key as “colour”."),
        (f'[a]\n{GOOD}seconds = "long"', "“seconds” must be a number"),
        (f'[a]\n{GOOD}deprecated = "yes"', "“deprecated” must be true or false"),
        (f'[a]\n{GOOD}unverified = "last week"', "“unverified” must be a day"),
        (f'[a]\n{GOOD}pattern = "("', "“pattern” must be a regular expression"),
        (f"[a]\n{GOOD}defaults = 5", "“defaults” must be a table"),
        (f"[a]\n{GOOD}[a.parameters]\nsize = 5", "“size” must be a JSON Schema"),
        (f'["A b"]\n{GOOD}', "An id has small letters"),
        (f'[a]\n{GOOD}[a.loras.x]\ntitle = "X"\nweights = "w"\ntrigger = "t"', "“lora_field”"),
        (f'[a]\n{GOOD}lora_field = "w"\n[a.loras.x]\ntitle = "X"', "[a.loras.x]: “weights” is"),
        ("a = 5", "[a]: “turns” is missing."),
        ("[a", "acme.toml cannot be read"),
    ],
)
def test_a_mistake_is_told_in_a_sentence_and_costs_its_row_alone(
    text: str, sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "acme.toml").write_text(f"{text}\n[good]\n{GOOD}")

    rows = catalogue.load("acme", tmp_path)
    found = catalogue.row_errors.pop("acme")

    assert any(sentence in line for line in found), found
    assert "good" in {row.model.id.partition(":")[2] for row in rows} or text == "[a"


def test_an_id_that_is_there_twice_is_told(tmp_path: Path) -> None:
    for name in ("acme", "acme-more"):
        (tmp_path / f"{name}.toml").write_text(f"[good]\n{GOOD}")

    assert len(catalogue.load("acme", tmp_path)) == 1
    assert catalogue.row_errors.pop("acme") == ["acme-more.toml: the id acme:good is there twice."]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"size": {"type": "colour"}}, "parameters.size must have a type"),
        ({"size": {"type": "string", "enum": []}}, "“enum” that is not usable"),
        ({"size": {"type": "string", "pattern": "("}}, "“pattern” that is not usable"),
        ({"size": {"type": "integer", "minimum": "1"}}, "“minimum” that is not usable"),
        ({"size": {"type": "integer", "multipleOf": 2}}, "“multipleOf”, which is not understood"),
        ({"size": {"type": "string", "maxLength": 1}}, "its own default is not allowed"),
        ({"size": 5}, "parameters.size must be a JSON Schema"),
    ],
)
def test_a_model_that_contradicts_itself_stops_the_start_with_a_sentence(
    parameters: dict[str, object], sentence: str
) -> None:
    schema = {"type": "object", "properties": parameters}
    model = Model(
        "acme:x", "X", Modality.TEXT, Modality.TEXT, defaults={"size": "xl"}, parameters=schema
    )

    assert any(sentence in line for line in contradictions(model)), contradictions(model)


def test_times_and_prices_that_cannot_be_are_told() -> None:
    model = Model("acme:x", "X", Modality.TEXT, Modality.TEXT)

    assert "deadline" in contradictions(replace(model, seconds=900.0))[0]
    assert "below zero" in contradictions(replace(model, usd=-1.0))[0]


def test_two_models_of_one_id_are_told() -> None:
    class Twice(type(registry.get_platform("dummy"))):  # type: ignore[misc]
        slug = "twice"

        def models(self) -> list[Model]:
            return [Model("twice:x", "X", Modality.TEXT, Modality.TEXT)] * 2

    with registered_temporarily(Twice()):
        (found,) = check_catalogue()

    assert (found.id, found.msg) == ("platforms.E003", "There are two models twice:x.")
