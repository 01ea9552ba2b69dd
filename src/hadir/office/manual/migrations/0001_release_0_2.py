"""The tables of release 0.2.0. A folder of the version before it, which took every step named here, needs none."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [("manual", "0001_excuses_manual_first")]

    dependencies = [
        ("acts", "0001_release_0_2"),
        ("people", "0001_release_0_2"),
        ("units", "0001_release_0_2"),
    ]

    operations = [
        migrations.CreateModel(
            name="ManualSheet",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("people", models.PositiveIntegerField()),
                ("recorded_at_ms", models.BigIntegerField()),
                ("record_hash", models.CharField(max_length=43, unique=True)),
                ("sheet", models.CharField(max_length=43)),
                ("why", models.CharField(max_length=200)),
                (
                    "attester",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="acts.outboxrow"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="manual_sheets", to="units.unit"
                    ),
                ),
                (
                    "withdrawal",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="acts.outboxrow",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
            },
        ),
    ]
