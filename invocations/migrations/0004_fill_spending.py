"""What runs have cost so far, and what was spent in the last day, added up once."""

from datetime import UTC, datetime, timedelta

from django.db import migrations, models
from django.utils import timezone

SLICE = timedelta(minutes=5)
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
BACK = timedelta(hours=25)


def fill_runs(apps, schema_editor):
    Run, Attempt = (apps.get_model("invocations", name) for name in ("Run", "Attempt"))
    of_run = Attempt.objects.filter(invocation__run=models.OuterRef("pk")).order_by()
    charged = of_run.values("invocation__run").annotate(sum=models.Sum("usd")).values("sum")
    Run.objects.update(usd=models.Subquery(charged))


def fill_slices(apps, schema_editor):
    Spending, Attempt = (apps.get_model("invocations", name) for name in ("Spending", "Attempt"))
    slices = {}
    recent = Attempt.objects.filter(started_at__gt=timezone.now() - BACK)
    rows = recent.order_by("pk").values_list(
        "network_id", "network__owner_id", "started_at", "outcome", "usd", "reserved_usd"
    )
    for network, owner, at, outcome, usd, reserved in rows.iterator():
        began_at = at - (at - BEGINNING) % SLICE
        row = slices.setdefault(
            (network, began_at), Spending(network_id=network, owner_id=owner, began_at=began_at)
        )
        row.calls += 1
        row.failed += outcome == "failed"
        row.usd += (reserved if usd is None else usd) or 0.0
    Spending.objects.bulk_create(slices.values())


class Migration(migrations.Migration):
    dependencies = [("invocations", "0003_spending")]

    operations = [
        migrations.RunPython(fill_runs, migrations.RunPython.noop),
        migrations.RunPython(fill_slices, migrations.RunPython.noop),
    ]
