"""Workers that have signed on already have hardware, too; of earlier attempts it is not known."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db import migrations

from farm.machine_reports import hardware_of


def note_hardware(apps: Any, schema_editor: Any) -> None:
    hardware, worker = apps.get_model("farm", "MachineHardware"), apps.get_model("farm", "FarmWorker")
    for one in worker.objects.only("pk", "specs"):
        told = hardware_of(one.specs)
        if not told:
            continue
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
        found, _ = hardware.objects.get_or_create(digest=digest, defaults={"specs": told})
        worker.objects.filter(pk=one.pk).update(hardware=found)


class Migration(migrations.Migration):
    dependencies = [("farm", "0014_hardware_of_attempts")]

    operations = [migrations.RunPython(note_hardware, migrations.RunPython.noop)]
