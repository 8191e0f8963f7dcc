"""Broken promises, as patches for a rehearsal's private installation: each must turn it red."""
