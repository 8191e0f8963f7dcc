"""Hands the lower layers what only those above them know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.conf import settings

if TYPE_CHECKING:
    from invocations.models import Run


class PanicConfig(AppConfig):
    name = "panic"

    def ready(self) -> None:
        from panic import reporting

        reporting.begin(settings.SENTRY_DSN)
        _wire_hooks_of_people_and_networks()
        _wire_hooks_of_runs_and_pages()
        _register_periodic_tasks()
        _register_periodic_tasks_of_films()


def _wire_hooks_of_people_and_networks() -> None:
    from accounts.hooks import hooks as account_hooks
    from credentials.hooks import hooks as credential_hooks
    from displays import presence
    from invocations import forecasts
    from networks import sharing
    from networks.hooks import hooks as network_hooks
    from networks.selected_credentials import uses_of_credential
    from panic import network_removal

    account_hooks.user_created = sharing.add_to_shared_networks
    credential_hooks.uses_of_credential = uses_of_credential
    network_hooks.running_among = network_removal.running_among
    network_hooks.count_viewers = presence.count_viewers_of_networks
    network_hooks.forecast = forecasts.forecast
    network_hooks.usage_summary = network_removal.summarize
    network_hooks.delete = network_removal.delete
    network_hooks.archive = network_removal.archive


def _wire_hooks_of_runs_and_pages() -> None:
    from archive.hooks import hooks as archive_hooks
    from displays import deliveries, presence
    from farm import attempt_workers, blocklists, failures, step_previews, stops, waiting
    from films import film_page, imports
    from invocations.hooks import hooks as invocation_hooks
    from observatory import embeddings, perturbing, run_pairs, twins
    from panic import installation_figures
    from studio.hooks import hooks as studio_hooks

    invocation_hooks.show_prompt = deliveries.show_prompt
    invocation_hooks.show_step = deliveries.show_step
    invocation_hooks.withdraw = _in_turn(deliveries.withdraw, embeddings.forget_run)
    invocation_hooks.forget_outputs = embeddings.forget_outputs
    invocation_hooks.find_addition = perturbing.find_addition
    invocation_hooks.start_twin = twins.start_twin
    invocation_hooks.check_variant = run_pairs.check_variant
    invocation_hooks.start_variant = twins.start_variant
    invocation_hooks.companions_of = run_pairs.companions_of
    invocation_hooks.judge_timeout = failures.judge_timeout
    invocation_hooks.why_no_worker = waiting.why_no_worker
    invocation_hooks.stop_workers = stops.put_to_sleep
    invocation_hooks.resume_workers = stops.let_go
    invocation_hooks.told_workers = stops.count_told
    archive_hooks.films_of_run = film_page.links_of_run
    archive_hooks.shared_films_of_run = film_page.shared_links_of_run
    archive_hooks.film_address = film_page.address_of_new_film
    archive_hooks.keep_film = imports.keep_film
    invocation_hooks.workers_of_attempts = attempt_workers.workers_of_attempts
    studio_hooks.audience = presence.audience
    studio_hooks.blocklist = blocklists.blocklist_of_run
    studio_hooks.preview = step_previews.preview_of_step
    studio_hooks.installation_figures = installation_figures.installation_figures


def _in_turn(
    *functions: Callable[[Run, datetime], None],
) -> Callable[[Run, datetime], None]:
    def call_all(run: Run, at: datetime) -> None:
        for function in functions:
            function(run, at)

    return call_all


def _register_periodic_tasks() -> None:
    from backups import schedule
    from credentials.key_checks import keys_due_for_retest
    from credentials.models import Credential, OperatorKey, Server
    from displays import absence
    from displays.models import Board
    from invocations import budget_watch, call_measures, machine_warming, openings
    from invocations.engine import periodic_tasks
    from notifications.models import Channel

    periodic_tasks.register(
        "invocations.tasks.look_at_server",
        lambda at: list(Server.objects.due_for_check(at).values_list("pk", flat=True)[:16]),
    )
    periodic_tasks.register(
        "invocations.tasks.try_key", lambda at: keys_due_for_retest(Credential, at)
    )
    periodic_tasks.register(
        "invocations.tasks.try_operator_key", lambda at: keys_due_for_retest(OperatorKey, at)
    )
    periodic_tasks.register("invocations.tasks.prepare_opening", openings.due_networks)
    periodic_tasks.register("invocations.tasks.warm_here", machine_warming.due_warmings, seconds=5)
    periodic_tasks.register(
        "displays.tasks.send_to_board",
        lambda at: list(Board.objects.due(at).values_list("pk", flat=True)[:16]),
    )
    periodic_tasks.register("invocations.tasks.send_notifications", Channel.due_for_message)
    # They look here, in the dispatcher: a worker that has nothing to do loads nothing.
    periodic_tasks.register("displays.tasks.watch_screen", absence.due_screens, seconds=10)
    periodic_tasks.register(
        "invocations.tasks.watch_budgets", budget_watch.due_networks, seconds=60
    )
    periodic_tasks.register("invocations.tasks.count_calls", call_measures.due_count, seconds=10)
    periodic_tasks.register("backups.tasks.make_backup", schedule.due_backup, seconds=30)
    _register_tasks_of_farm()
    _register_tasks_of_machines()
    _register_tasks_of_observatory()


def _register_tasks_of_farm() -> None:
    from farm import blobs, silence, stamp, status_watch, workers
    from invocations.engine import periodic_tasks

    periodic_tasks.register("farm.stamp.follow", stamp.follow, seconds=1)  # of each machine
    periodic_tasks.register("farm.tasks.give_up", silence.silent_steps, seconds=5)
    periodic_tasks.register("farm.tasks.tell_of_status", status_watch.changed_by_time, seconds=10)
    periodic_tasks.register("farm.tasks.tidy", blobs.due_sweep, seconds=3600)
    periodic_tasks.register("farm.tasks.archive_unseen", workers.due_archiving, seconds=3600)


def _register_tasks_of_machines() -> None:
    from invocations.engine import periodic_tasks
    from panic import disk_watch, machine_watch, retention_process

    periodic_tasks.register("panic.tasks.watch_disk", disk_watch.due_disk, seconds=10)
    periodic_tasks.register("panic.tasks.make_room", disk_watch.due_room, seconds=60)
    periodic_tasks.register(
        "panic.tasks.remove_expired", retention_process.due_removal, seconds=600
    )
    periodic_tasks.register("panic.tasks.watch_machine", machine_watch.due_machines, seconds=30)
    periodic_tasks.register("panic.tasks.watch_holes", lambda at: [0], seconds=24 * 3600)
    periodic_tasks.register(
        "panic.tasks.watch_certificate",
        lambda at: [0] if settings.PUBLIC_URL.startswith("https://") else [],
        seconds=6 * 3600,
    )


def _register_tasks_of_observatory() -> None:
    from invocations.engine import periodic_tasks
    from observatory import embeddings, redraws, run_pairs, search

    periodic_tasks.register("observatory.tasks.embed_outputs", embeddings.due_batches, seconds=2)
    periodic_tasks.register("observatory.tasks.go_on_redrawing", redraws.due_redraws, seconds=1)
    periodic_tasks.register("observatory.tasks.follow_run", run_pairs.due_pairs, seconds=2)
    periodic_tasks.register("observatory.tasks.rebuild_index", search.due_index, seconds=120)


def _register_periodic_tasks_of_films() -> None:
    from films import places, upload_due
    from invocations.engine import periodic_tasks

    periodic_tasks.register("films.tasks.check_upload", upload_due.due_checks, seconds=1)
    periodic_tasks.register("films.tasks.sweep_uploads", upload_due.due_sweep, seconds=600)
    periodic_tasks.register("films.tasks.start_worker", places.due_places, seconds=2)
    periodic_tasks.register("films.tasks.tidy_films", places.due_tidying, seconds=600)
