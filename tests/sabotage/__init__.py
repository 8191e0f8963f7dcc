"""Patches for a rehearsal's private stack; each breaks a promise and must fail the rehearsal."""
