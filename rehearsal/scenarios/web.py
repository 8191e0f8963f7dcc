"""The web server is killed while visitors send prompts."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from rehearsal.stack import TEXT, Broken, RehearsalStack

from .base import Scenario

VISITORS, PROMPTS, KILLS = 4, 6, 3


def kill_web_under_visitors(stack: RehearsalStack) -> str:
    """Every visitor repeats the request until there is an answer, under the same client key."""
    slugs = [stack.create_network(f"Visitor {n}", TEXT) for n in range(VISITORS)]
    typing = threading.Event()

    def visitor(slug: str) -> list[int]:
        answers = []
        for number in range(PROMPTS):
            answers.append(stack.submit_prompt(slug, f"prompt {number} of {slug}").status_code)
            time.sleep(0.4)
        typing.set()
        return answers

    with ThreadPoolExecutor(VISITORS) as pool:
        visits = [pool.submit(visitor, slug) for slug in slugs]
        kills = 0
        while kills < KILLS and not typing.wait(1.0):
            stack.kill_role("web")
            kills += 1
        answers = [answer for visit in visits for answer in visit.result()]

    if set(answers) - {200, 201}:
        raise Broken(f"visitors were answered {sorted(set(answers))}")
    for slug in slugs:
        stack.request("POST", f"networks/{slug}/stop")
    repeated = answers.count(200)
    return f"{len(answers)} prompts over {kills} kills, all accepted, {repeated} of them repeated"


SCENARIOS = (
    Scenario(
        "web", "The web server is killed under the visitors", (1, 5), 90, kill_web_under_visitors
    ),
)
