"""Opening night as a command: `make rehearse`, or `python -m rehearsal [--long]`.

A development tool, not part of the product. It starts installations of its own beside a pretend
provider, breaks what can break while runs go on, and afterwards holds the event log, the attempts
and the provider's journal against the product's promises. docs/rehearsal.md says how to read it.
"""
