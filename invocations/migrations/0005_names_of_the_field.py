"""Rate limiters, webhook secrets, and a step's place in a queue, under the names the code uses."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invocations", "0004_leases")]

    operations = [
        migrations.RenameModel("Gate", "RateLimiter"),
        migrations.RenameField("RateLimiter", "resting_until", "open_until"),
        migrations.RenameField("RateLimiter", "rests", "openings"),
        migrations.RenameModel("CallbackSecret", "WebhookSecret"),
        migrations.RemoveIndex("Invocation", "invocation_queueing"),
        migrations.RenameField("Invocation", "turned_away_at", "queueing_since"),
        migrations.AddIndex(
            "Invocation",
            models.Index(
                fields=["queueing_since", "id"],
                condition=models.Q(state="ready", queueing_since__isnull=False),
                name="invocation_queueing",
            ),
        ),
    ]
