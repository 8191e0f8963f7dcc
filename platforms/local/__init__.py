"""Models that run on this machine: no key, no network, no model hub.

What is imported from here is light: the catalogue, where the weights are, where the model host
listens. Everything that needs numpy, Pillow or llama.cpp is imported by the model host alone, when
a model is first asked (docs/local-models.md).
"""

from __future__ import annotations

from .address import host_socket, listen

__all__ = ["host_socket", "listen"]
