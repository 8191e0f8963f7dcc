from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("displays", "0001_initial")]
    operations = [
        migrations.RenameModel("Shown", "DisplayReceipt"),
        migrations.RenameModel("Watch", "ViewerCount"),
    ]
