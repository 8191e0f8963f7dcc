"""The web server dies while visitors press Enter."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from rehearsal.stage import TEXT, Broken, Stage

from .base import Act

VISITORS, PROMPTS, KILLS = 4, 6, 3


def play(stage: Stage) -> str:
    """Every visitor asks again until there is an answer, under the key of the first time."""
    slugs = [stage.network(f"Visitor {n}", TEXT) for n in range(VISITORS)]
    typing = threading.Event()

    def visitor(slug: str) -> list[int]:
        answers = []
        for number in range(PROMPTS):
            answers.append(stage.press(slug, f"prompt {number} of {slug}").status_code)
            time.sleep(0.4)
        typing.set()
        return answers

    with ThreadPoolExecutor(VISITORS) as pool:
        visits = [pool.submit(visitor, slug) for slug in slugs]
        kills = 0
        while kills < KILLS and not typing.wait(1.0):
            stage.kill("web")
            kills += 1
        answers = [answer for visit in visits for answer in visit.result()]

    if set(answers) - {200, 201}:
        raise Broken(f"visitors were told {sorted(set(answers))}")
    for slug in slugs:
        stage.ask("POST", f"networks/{slug}/stop")
    told_again = answers.count(200)
    return (
        f"{len(answers)} prompts over {kills} kills, all accepted, {told_again} of them told again"
    )


ACTS = (Act("web", "The web server is killed under the visitors", (1, 5), 90, play),)
