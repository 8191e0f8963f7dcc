"""What a visitor may type."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterable

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from lib.validation import is_blank
from networks import banned_words
from networks.models import Network


class BadPrompt(ValueError):
    """The prompt is not accepted; the message is for the visitor."""


def clean(prompt: str, longest: int) -> str:
    """The prompt without surrounding white space. Raises BadPrompt with a sentence."""
    text = prompt.replace("\r\n", "\n").strip()
    if is_blank(text):
        raise BadPrompt(_("Type a few words first."))
    if len(text) > longest:
        raise BadPrompt(
            _("That is %(length)s characters; at most %(most)s fit.")
            % {
                "length": number_format(len(text), force_grouping=True),
                "most": number_format(longest, force_grouping=True),
            }
        )
    if any(_is_control(char) for char in text):
        raise BadPrompt(_("The prompt contains control characters; only text is understood."))
    return text


def check_words(text: str, banned: Iterable[str]) -> None:
    """Raises BadPrompt where the network has banned a word of it."""
    if word := banned_words.find_in(text, banned):
        raise BadPrompt(
            _("“%(word)s” is not said here. Please find other words.") % {"word": word.rstrip("*")}
        )


def folded(text: str) -> str:
    """Without what case and space make of it: prompts with the same say the same."""
    return " ".join(text.casefold().split())


def _is_control(char: str) -> bool:
    # Cc: control; Cs: half of a surrogate pair; Cn/Co are left alone (new emoji, private signs).
    return unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\t"


def attract_prompt(network: Network, client_key: str) -> str:
    """A curated prompt, always the same one for the same `client_key`; empty where there is none."""
    prompts = [str(prompt) for prompt in network.attract_prompts if str(prompt).strip()]
    return prompts[zlib.crc32(client_key.encode()) % len(prompts)] if prompts else ""
