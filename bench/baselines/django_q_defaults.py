"""A chain of hops on django-q2's own ORM broker."""

from __future__ import annotations

from django_q.tasks import async_task

from . import handwritten


def hop(pk: int, hops: int) -> None:
    """Do step `pk`, then put the next one into the queue."""
    following = handwritten.run_hop(pk, hops)
    if following is not None:
        async_task("bench.baselines.django_q_defaults.hop", following, hops)
