"""The tables of release 0.2.0. A folder of the version before it, which took every step named here, needs none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [("comparing", "0001_comparing_first")]

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Comparison",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at_ms", models.BigIntegerField()),
                ("acts", models.PositiveBigIntegerField()),
                ("tables", models.PositiveIntegerField()),
                ("count", models.PositiveIntegerField()),
                ("kinds", models.JSONField(default=list)),
            ],
            options={
                "ordering": ["-at_ms", "-pk"],
            },
        ),
    ]
