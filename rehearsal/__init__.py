"""Fault injection against private stacks: `make rehearse`, or `python -m rehearsal [--long]`.

A development tool, not part of the product. It starts private stacks beside a fake provider,
injects faults while runs go on, and afterwards checks the event log, the attempts and the
provider's journal against the product's promises. docs/rehearsal.md says how to read the report.
"""
