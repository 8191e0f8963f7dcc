"""Functions that are called in a process of the stack that is measured."""
