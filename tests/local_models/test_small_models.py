"""A small model of the host waits for no other."""

from __future__ import annotations

import asyncio
import threading

import pytest

from local_models.host import ModelHost
from local_models.loaders import LocalModel
from local_models.protocol import HostReply, HostRequest


@pytest.mark.asyncio
async def test_a_small_model_waits_for_no_room_and_no_other_model() -> None:
    loading = threading.Event()

    def load(model: str) -> LocalModel:
        if model == "large":
            loading.wait(60)
        return lambda _: HostReply(text=model)

    host = ModelHost(thread_of_model=str, load=load, small=["small"], uses_more_than=lambda _: True)
    large = asyncio.ensure_future(host._run(HostRequest(model="large")))
    await asyncio.sleep(0)

    try:
        small = await asyncio.wait_for(host._run(HostRequest(model="small")), 60)
    finally:
        loading.set()

    assert small.text == "small"
    assert (await large).text == "large"
    for thread in host._threads.values():
        thread.close()
