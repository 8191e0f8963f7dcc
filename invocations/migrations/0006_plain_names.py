"""The time of a model's reply and the encrypted webhook secret, under the names the code uses."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("invocations", "0005_names_of_the_field")]

    operations = [
        migrations.RenameField("Warming", "told_at", "reported_at"),
        migrations.RenameField("WebhookSecret", "sealed", "encrypted"),
    ]
