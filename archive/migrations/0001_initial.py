"""Adopts the tables that `invocations.0003` has renamed: nothing changes in the database."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import archive.models.short_address
import lib.public_ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("invocations", "0003_move_artifacts_to_archive"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="ContactSheet",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("public_id", models.CharField(default=lib.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                        ("title", models.CharField(blank=True, max_length=100)),
                        ("sequences", models.JSONField(default=list)),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("made_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                        ("run", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="contact_sheets", to="invocations.run")),
                    ],
                ),
                migrations.CreateModel(
                    name="ShortAddress",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("code", models.CharField(default=archive.models.short_address.new_step_code, editable=False, max_length=12, unique=True)),
                        ("step", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="short_address", to="invocations.invocation")),
                    ],
                ),
                migrations.CreateModel(
                    name="Rating",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("stars", models.PositiveSmallIntegerField()),
                        ("given_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                        ("run", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="ratings", to="invocations.run")),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("run", "person"), name="rating_one_each"),
                            models.CheckConstraint(condition=models.Q(("stars__gte", 1), ("stars__lte", 5)), name="rating_stars"),
                        ],
                    },
                ),
            ],
        )
    ]
