"""The stop-all of a receipt, by that name. The constraint names the column, so it is made anew."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("displays", "0003_kiosk_seen_at")]

    operations = [
        migrations.RemoveConstraint("DisplayReceipt", "shown_once"),
        migrations.RenameField("DisplayReceipt", "press", "stop_all"),
        migrations.AddConstraint(
            "DisplayReceipt",
            models.UniqueConstraint(
                fields=["stop_all", "display", "process"], name="shown_once"
            ),
        ),
    ]
