"""Ratings, contact sheets and short addresses become tables of the archive; their rows stay.

The tables are renamed here; `archive.0001` adopts them.
"""

from django.db import migrations

TABLES = {
    "Rating": "archive_rating",
    "Sheet": "archive_contactsheet",
    "StepAlias": "archive_shortaddress",
}


class Migration(migrations.Migration):
    dependencies = [("invocations", "0002_search")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.AlterModelTable(name, table) for name, table in TABLES.items()
            ],
            state_operations=[migrations.DeleteModel(name) for name in TABLES],
        )
    ]
