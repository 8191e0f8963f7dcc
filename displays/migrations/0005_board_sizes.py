from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("displays", "0004_rename_receipt_press")]

    operations = [
        migrations.AddField(
            "board", "row_count", models.PositiveSmallIntegerField(default=6)
        ),
        migrations.AddField(
            "board", "column_count", models.PositiveSmallIntegerField(default=22)
        ),
        # Keys that are there are of the older interface; new ones are tried in the cloud first.
        migrations.AddField(
            "board", "by_cloud_api", models.BooleanField(default=False, editable=False)
        ),
        migrations.AlterField(
            "board", "by_cloud_api", models.BooleanField(default=True, editable=False)
        ),
    ]
