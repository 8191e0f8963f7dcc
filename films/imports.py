"""Films that came with a run from elsewhere: kept as if they had been made here."""

from __future__ import annotations

from datetime import datetime

from archive.hooks import ImportedFilm

from .models import Film
from .states import FilmState


def keep_film(imported: ImportedFilm, at: datetime) -> Film:
    """Finished, and the importer's. Its file is an asset already, which was decoded to its end."""
    from .orders import MAX_TITLE, source_facts  # pydantic: not for the processes of the queue
    from .recipes.film_of_run import RECIPE

    run = imported.run
    return Film.objects.create(
        owner=imported.owner,
        run=run,
        title=(imported.title or run.prompt)[:MAX_TITLE],
        recipe=RECIPE.name,
        state=FilmState.COMPLETED,
        output_id=imported.file,
        chapters=list(imported.chapters),
        provenance={**source_facts(run, None), "imported": True},
        created_at=at,
        started_at=at,
        ended_at=at,
    )
