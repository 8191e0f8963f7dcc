"""Backends whose weights were learned: optional packages and files, nothing is imported before they are used."""
