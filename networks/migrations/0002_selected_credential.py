from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("networks", "0001_initial"),
        ("platforms", "0001_initial"),
    ]

    operations = [
        migrations.RenameModel("ChosenKey", "SelectedCredential"),
        migrations.RemoveConstraint("SelectedCredential", "one_key_a_platform"),
        migrations.AddConstraint(
            "SelectedCredential",
            models.UniqueConstraint(
                fields=["network", "platform"], name="one_selection_per_platform"
            ),
        ),
        migrations.AlterField(
            "SelectedCredential",
            "network",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="selected_credentials",
                to="networks.network",
            ),
        ),
        migrations.AlterField(
            "SelectedCredential",
            "credential",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="selected_for",
                to="platforms.credential",
            ),
        ),
    ]
