from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("streams", "0003_films_in_replay"),
    ]

    operations = [
        migrations.AddField(
            model_name="broadcast",
            name="film_since",
            field=models.DateTimeField(null=True),
        ),
    ]
