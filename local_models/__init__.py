"""Models that run on this machine: no key, no network, no model hub. Imports no Django.

`python -m local_models` is the model host, the process that keeps the models in memory. A caller
imports `address` (where it listens), `protocol` (how to ask it) and `weights` (which files it needs),
none of which needs numpy, Pillow or llama.cpp: the host imports those when a model is first used.
"""
