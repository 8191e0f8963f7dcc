"""Charges that are not certain, what a stop-all found paused, and what a circuit breaker blames."""

from __future__ import annotations

from django.db import migrations, models

from invocations import run_list


class Migration(migrations.Migration):
    dependencies = [("invocations", "0006_plain_names")]

    operations = [
        *(
            migrations.AddField(model, "usd_uncertain", models.FloatField(default=0.0))
            for model in ("Attempt", "Invocation", "Run", "Spending")
        ),
        migrations.AddField("StopAll", "paused", models.JSONField(default=list)),
        migrations.AlterField(
            "RateLimiter", "key", models.CharField(max_length=260, unique=True)
        ),
        migrations.AddField("RateLimiter", "failed_at", models.DateTimeField(null=True)),
        migrations.AddField("RateLimiter", "sources", models.JSONField(default=list)),
        migrations.RunPython(run_list.create_index, migrations.RunPython.noop),
    ]
