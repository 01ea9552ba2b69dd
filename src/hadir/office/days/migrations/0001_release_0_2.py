"""The tables of release 0.2.0. A folder of the version before it, which took every step named here, needs none."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [("days", "0001_sightings")]

    dependencies = [
        ("acts", "0001_release_0_2"),
        ("people", "0001_release_0_2"),
    ]

    operations = [
        migrations.CreateModel(
            name="Sighting",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("at_ms", models.BigIntegerField()),
                ("withdrawn_at_ms", models.BigIntegerField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sightings", to="people.person"
                    ),
                ),
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="acts.outboxrow"
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
                "ordering": ["number"],
                "indexes": [models.Index(fields=["day", "person"], name="sighting_day")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at_ms", None)),
                        fields=("person", "day"),
                        name="seen_once_on_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("by", models.F("person")), _negated=True), name="nobody_sees_himself"
                    ),
                ],
            },
        ),
    ]
