"""The tables move to the app `credentials`, with their rows and what refers to them."""

from django.db import migrations

TABLES = {
    'credential': 'credentials_credential',
    'loan': 'credentials_loan',
    'housekey': 'credentials_operatorkey',
    'server': 'credentials_server',
    'uploadedworkflow': 'credentials_uploadedworkflow',
}


class Migration(migrations.Migration):

    dependencies = [
        ('platforms', '0001_initial'),
        ('networks', '0002_selected_credential'),  # refers to a key by its old table
    ]

    operations = [migrations.AlterModelTable(name, table) for name, table in TABLES.items()]
