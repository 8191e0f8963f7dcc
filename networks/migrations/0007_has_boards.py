from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("networks", "0006_attendants")]

    operations = [
        migrations.AddField(
            "network", "has_boards", models.BooleanField(default=False, editable=False)
        ),
    ]
