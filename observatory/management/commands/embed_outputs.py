"""`manage.py embed_outputs`: embed what waits, now."""

from __future__ import annotations

import argparse

from asgiref.sync import async_to_sync
from django.core.management.base import BaseCommand, CommandError

from observatory import embeddings, model_host


class Command(BaseCommand):
    """The queue's workers do it by themselves; this is for those who want to see it done."""

    help = "Embed the outputs that wait for it; the model host must be running."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--again", action="store_true", help="forget all embeddings first")

    def handle(self, *, again: bool, **options: object) -> None:
        if not model_host.has_weights():
            raise CommandError("The weights are missing: run `make weights`.")
        if again:
            embeddings.forget_all()
        left = async_to_sync(embeddings.embed_now)()
        if left:
            raise CommandError("The model host is away, or another process embeds just now.")
        self.stdout.write(self.style.SUCCESS("Nothing waits to be embedded."))
