"""Everything that a database holds, to be compared; run inside an installation (`manage.py shell`)."""

from __future__ import annotations

import json

from django.apps import apps

from backups import tables

# Who is signed in is in no backup; a restore writes its line, and forgets what was under way.
LEFT_OUT = {"django_session", "accounts_auditentry", "realtime_topic", "backups_scheduledbackup"}


def sums() -> str:
    """The rows and the checksum of each table."""
    found = {
        table._meta.db_table: tables.table_sum(table, "default")
        for table in tables.tables_of(apps)
        if table._meta.db_table not in LEFT_OUT
    }
    return json.dumps({name: [each.rows, each.checksum] for name, each in found.items()})
