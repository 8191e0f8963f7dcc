from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('networks', '0003_credential_has_moved'),
    ]

    operations = [
        migrations.AlterField(
            model_name='network',
            name='refusal_policy',
            field=models.CharField(choices=[('substitute', 'go on with a harmless placeholder'), ('skip', 'skip the step'), ('stop', 'stop the run')], default='substitute', max_length=12),
        ),
    ]
