"""Columns by the names the models have for them."""

import credentials.models.key
import lib.public_ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('credentials', '0001_initial'),
        ('networks', '0003_credential_has_moved'),
    ]

    operations = [
        migrations.RenameField('credential', 'mark', 'fingerprint'),
        migrations.RenameField('operatorkey', 'mark', 'fingerprint'),
        migrations.RenameField('server', 'looked_at', 'checked_at'),
    ]
