from __future__ import annotations

from typing import Any

from django.db import migrations, models


def note_boards(apps: Any, _: object) -> None:
    """The networks that have boards already."""
    displays = apps.get_model("displays", "Display").objects.filter(kind="vestaboard")
    networks = displays.values_list("installation__network", flat=True)
    apps.get_model("networks", "Network").objects.filter(pk__in=list(networks)).update(
        has_boards=True
    )


class Migration(migrations.Migration):
    dependencies = [
        ("displays", "0006_display_reports"),
        ("networks", "0007_has_boards"),
    ]

    operations = [
        migrations.AddField(
            "board", "has_key", models.BooleanField(default=True, editable=False)
        ),
        migrations.AddField(
            "board", "waiting_run", models.CharField(blank=True, editable=False, max_length=20)
        ),
        migrations.AddField(
            "board", "shown_run", models.CharField(blank=True, editable=False, max_length=20)
        ),
        migrations.RunPython(note_boards, migrations.RunPython.noop),
    ]
