from django.db import migrations


def list_collaborators(apps, schema_editor):
    """Those who help already are on the list of those a network is shared with."""
    Share = apps.get_model("networks", "Share")
    through = apps.get_model("networks", "Network").collaborators.through
    rows = through.objects.values_list("network_id", "user__email")
    Share.objects.bulk_create(
        [Share(network_id=network, email=email.lower()) for network, email in rows.iterator()],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('networks', '0002_addresses_shares_rules'),
    ]

    operations = [
        migrations.RunPython(list_collaborators, migrations.RunPython.noop),
    ]
