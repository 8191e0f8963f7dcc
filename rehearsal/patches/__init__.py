"""Patches that change a private stack at its start, such as its clock."""
