from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assets', '0003_retention_hold'),
    ]

    operations = [
        migrations.CreateModel(
            name='RemovalTurn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('holder', models.CharField(max_length=300)),
                ('until', models.DateTimeField()),
            ],
        ),
    ]
