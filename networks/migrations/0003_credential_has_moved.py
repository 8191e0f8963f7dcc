"""Keys are models of `credentials` now; the column refers to the same rows as before."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('networks', '0002_selected_credential'),
        ('credentials', '0001_initial'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[
            migrations.AlterField(
                model_name='selectedcredential',
                name='credential',
                field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='selected_for', to='credentials.credential'),
            ),
        ]),
    ]
