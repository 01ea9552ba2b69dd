"""The tables of release 0.2.0. A folder of the version before it, which took every step named here, needs none."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [("units", "0001_initial"), ("units", "0020_register_unit_code")]

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Unit",
            fields=[
                ("number", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("code", models.CharField(blank=True, max_length=40, null=True, unique=True)),
                ("path", models.CharField(max_length=250, unique=True)),
                (
                    "zone",
                    models.CharField(
                        choices=[
                            ("Asia/Jakarta", "Wib"),
                            ("Asia/Pontianak", "Wib West Kalimantan"),
                            ("Asia/Makassar", "Wita"),
                            ("Asia/Jayapura", "Wit"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="units.unit",
                    ),
                ),
            ],
            options={
                "ordering": ["path"],
            },
        ),
        migrations.CreateModel(
            name="WithoutSignal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_date", models.DateField()),
                ("until_date", models.DateField(blank=True, null=True)),
                ("recorded_at_ms", models.BigIntegerField()),
                ("withdrawn_at_ms", models.BigIntegerField(blank=True, null=True)),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="without_signal", to="units.unit"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until_date", None), ("until_date__gt", models.F("from_date")), _connector="OR"
                        ),
                        name="without_signal_period_is_forward",
                    )
                ],
            },
        ),
    ]
