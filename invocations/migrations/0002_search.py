from __future__ import annotations

from django.db import migrations

from invocations import search


class Migration(migrations.Migration):
    dependencies = [("invocations", "0001_initial")]

    operations = [migrations.RunPython(search.install, search.remove)]
