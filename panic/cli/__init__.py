"""A client of the REST API for scripts and shells: `python -m panic.cli --help`.

Standard library only, and nothing of the server: it starts at once and can be copied elsewhere.
"""
