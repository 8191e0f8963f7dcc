"""A chain of hops on Celery and Redis: `celery -A bench.baselines.celery_app worker`."""

from __future__ import annotations

import os

from celery import (  # type: ignore[import-untyped,import-not-found,unused-ignore]
    Celery,
    shared_task,
)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panic.settings")

app = Celery("bench", broker=os.environ["BENCH_REDIS_URL"])
app.conf.update(
    task_ignore_result=True,  # the rows hold what is worth keeping, as ours do
    task_default_queue=os.environ["BENCH_QUEUE"],
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)


@shared_task  # type: ignore[untyped-decorator,unused-ignore]
def hop(pk: int, hops: int) -> None:
    """Do step `pk`, then queue the next one."""
    from bench.baselines import handwritten  # Django is set up by now

    following = handwritten.run_hop(pk, hops)
    if following is not None:
        hop.delay(following, hops)
