"""`manage.py build_search_index`: the index for search by meaning, anew."""

from __future__ import annotations

import fcntl

from django.core.management.base import BaseCommand

from observatory import search_index, search_index_state


class Command(BaseCommand):
    """The queue's workers call it when much has been embedded since; two at once do not happen."""

    help = "Build the index for search by meaning anew."

    def handle(self, **options: object) -> None:
        search_index_state.folder().mkdir(mode=0o700, exist_ok=True)
        with (search_index_state.folder() / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self.stdout.write("Another process is building it.")
                return
            search_index_state.note_try()
            count = search_index.build()
            search_index_state.note_success()
        if count:
            self.stdout.write(self.style.SUCCESS(f"{count} texts are in the index."))
        else:
            self.stdout.write("There are so few texts that search needs no index.")
