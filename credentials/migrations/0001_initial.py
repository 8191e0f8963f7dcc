"""The tables of `platforms` belong to this app from here on: they have been renamed there, with their
rows, by platforms.0002; here the models are only declared."""

import credentials.models.key
import django.db.models.deletion
import django.utils.timezone
import lib.encryption
import lib.public_ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('platforms', '0002_rename_tables_for_credentials'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[
            migrations.CreateModel(
                name='OperatorKey',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('platform', models.CharField(max_length=40)),
                    ('mark', models.CharField(default=credentials.models.key.new_fingerprint, editable=False, max_length=12, unique=True)),
                    ('last_used_at', models.DateTimeField(editable=False, null=True)),
                    ('tested_at', models.DateTimeField(editable=False, null=True)),
                    ('passed', models.BooleanField(editable=False, null=True)),
                    ('verdict', models.TextField(blank=True, editable=False)),
                    ('refused_at', models.DateTimeField(editable=False, null=True)),
                    ('refusal', models.TextField(blank=True, editable=False)),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='Server',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('public_id', models.CharField(default=lib.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                    ('kind', models.CharField(choices=[('compatible', 'OpenAI-compatible'), ('comfyui', 'ComfyUI')], max_length=12)),
                    ('slug', models.SlugField(editable=False, unique=True)),
                    ('name', models.CharField(max_length=60)),
                    ('address', models.CharField(max_length=300)),
                    ('key', lib.encryption.EncryptedTextField(blank=True, editable=False)),
                    ('enabled', models.BooleanField(default=True)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                    ('listed', models.JSONField(default=list, editable=False)),
                    ('problem', models.CharField(blank=True, editable=False, max_length=300)),
                    ('looked_at', models.DateTimeField(editable=False, null=True)),
                    ('last_seen_at', models.DateTimeField(editable=False, null=True)),
                ],
            ),
            migrations.CreateModel(
                name='Credential',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('platform', models.CharField(max_length=40)),
                    ('mark', models.CharField(default=credentials.models.key.new_fingerprint, editable=False, max_length=12, unique=True)),
                    ('last_used_at', models.DateTimeField(editable=False, null=True)),
                    ('tested_at', models.DateTimeField(editable=False, null=True)),
                    ('passed', models.BooleanField(editable=False, null=True)),
                    ('verdict', models.TextField(blank=True, editable=False)),
                    ('refused_at', models.DateTimeField(editable=False, null=True)),
                    ('refusal', models.TextField(blank=True, editable=False)),
                    ('public_id', models.CharField(default=lib.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                    ('name', models.CharField(max_length=100)),
                    ('secret', lib.encryption.EncryptedTextField(editable=False)),
                    ('ending', models.CharField(blank=True, editable=False, max_length=4)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                    ('replaced_at', models.DateTimeField(editable=False, null=True)),
                    ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='credentials', to=settings.AUTH_USER_MODEL)),
                ],
            ),
            migrations.CreateModel(
                name='Loan',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('public_id', models.CharField(default=lib.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                    ('email', models.EmailField(db_index=True, max_length=254)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                    ('credential', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='loans', to='credentials.credential')),
                ],
            ),
            migrations.CreateModel(
                name='UploadedWorkflow',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('public_id', models.CharField(default=lib.public_ids.new_public_id, editable=False, max_length=20, unique=True)),
                    ('slug', models.SlugField(editable=False, unique=True)),
                    ('name', models.CharField(max_length=60)),
                    ('content', models.JSONField()),
                    ('takes', models.CharField(choices=[('text', 'text'), ('image', 'image'), ('audio', 'audio'), ('video', 'video')], editable=False, max_length=5)),
                    ('gives', models.CharField(choices=[('text', 'text'), ('image', 'image'), ('audio', 'audio'), ('video', 'video')], max_length=5)),
                    ('deadline_seconds', models.PositiveIntegerField(default=600)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                    ('server', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='workflows', to='credentials.server')),
                ],
            ),
            migrations.AddIndex(
                model_name='credential',
                index=models.Index(fields=['owner', 'platform'], name='credential_of_owner'),
            ),
            migrations.AddConstraint(
                model_name='loan',
                constraint=models.UniqueConstraint(fields=('credential', 'email'), name='lent_once'),
            ),
        ]),
    ]
