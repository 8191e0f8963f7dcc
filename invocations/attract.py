"""What is said when somebody presses the button without a word: one of the network's own prompts."""

from __future__ import annotations

import zlib

from networks.models import Network


def words_for(network: Network, client_key: str) -> str:
    """A curated prompt, always the same one for the same press; empty where there is none."""
    prompts = [str(prompt) for prompt in network.attract_prompts if str(prompt).strip()]
    return prompts[zlib.crc32(client_key.encode()) % len(prompts)] if prompts else ""
