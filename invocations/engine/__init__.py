"""Carries out runs: from a due row to its outcome. `docs/lifecycle.md` follows one step through it."""
