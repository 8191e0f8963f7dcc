"""The models are declared in `credentials` now; their tables stay."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('platforms', '0002_rename_tables_for_credentials'),
        ('credentials', '0001_initial'),
        ('networks', '0003_credential_has_moved'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[
            migrations.DeleteModel(name)
            for name in ['UploadedWorkflow', 'Loan', 'Server', 'Credential', 'HouseKey']
        ]),
    ]
