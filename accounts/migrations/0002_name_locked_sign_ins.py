from django.db import migrations

OLD, NEW = "door.shut", "sign_in.locked"


def rename(apps, old, new):
    apps.get_model("accounts", "AuditEntry").objects.filter(action=old).update(action=new)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.RunPython(
            lambda apps, _: rename(apps, OLD, NEW), lambda apps, _: rename(apps, NEW, OLD)
        )
    ]
