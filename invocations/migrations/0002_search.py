from __future__ import annotations

from django.db import migrations

from invocations import run_list


class Migration(migrations.Migration):
    dependencies = [("invocations", "0001_initial")]

    operations = [migrations.RunPython(run_list.create_index, run_list.drop_index)]
