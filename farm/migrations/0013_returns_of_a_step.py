from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('farm', '0012_film_batches'),
    ]

    operations = [
        migrations.AddField(
            model_name='stepfailure',
            name='returns',
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
