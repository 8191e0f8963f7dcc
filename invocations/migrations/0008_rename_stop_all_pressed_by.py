"""Who stopped everything: `stopped_by`, as the record is a stop-all and not a press."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("invocations", "0007_uncertain_charges")]

    operations = [migrations.RenameField("StopAll", "pressed_by", "stopped_by")]
