"""The tables of release 0.2.0. A folder of the version before it, which took every step named here, needs none."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [("people", "0001_initial"), ("people", "0002_weekdays_and_careers")]

    dependencies = [
        ("units", "0001_release_0_2"),
    ]

    operations = [
        migrations.CreateModel(
            name="Person",
            fields=[
                ("number", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ("full_name", models.CharField(max_length=200)),
                ("title_before", models.CharField(blank=True, max_length=60)),
                ("title_after", models.CharField(blank=True, max_length=60)),
                ("nip", models.CharField(blank=True, max_length=18, null=True, unique=True)),
                (
                    "employment",
                    models.CharField(
                        max_length=10,
                    ),
                ),
            ],
            options={
                "ordering": ["full_name", "number"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1), ("number__lte", 4294967295)),
                        name="person_number_fits_32_bits",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Career",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_date", models.DateField()),
                ("until_date", models.DateField(blank=True, null=True)),
                ("recorded_at_ms", models.BigIntegerField()),
                ("withdrawn_at_ms", models.BigIntegerField(blank=True, null=True)),
                ("kind", models.CharField(choices=[("rank", "Rank"), ("position", "Position")], max_length=10)),
                ("value", models.CharField(max_length=120)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="careers", to="people.person"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["person", "kind"], name="career_person")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until_date", None), ("until_date__gt", models.F("from_date")), _connector="OR"
                        ),
                        name="career_period_is_forward",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_date", models.DateField()),
                ("until_date", models.DateField(blank=True, null=True)),
                ("recorded_at_ms", models.BigIntegerField()),
                ("withdrawn_at_ms", models.BigIntegerField(blank=True, null=True)),
                (
                    "kind",
                    models.CharField(choices=[("home", "Home"), ("further", "Further")], default="home", max_length=10),
                ),
                ("weekdays", models.CharField(blank=True, max_length=7)),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="assignments", to="units.unit"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="assignments", to="people.person"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until_date", None), ("until_date__gt", models.F("from_date")), _connector="OR"
                        ),
                        name="assignment_period_is_forward",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "home"), ("withdrawn_at_ms", None)),
                        fields=("person", "from_date"),
                        name="one_home_from_a_day",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Superior",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_date", models.DateField()),
                ("until_date", models.DateField(blank=True, null=True)),
                ("recorded_at_ms", models.BigIntegerField()),
                ("withdrawn_at_ms", models.BigIntegerField(blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="superiors", to="people.person"
                    ),
                ),
                (
                    "superior",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="subordinates", to="people.person"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until_date", None), ("until_date__gt", models.F("from_date")), _connector="OR"
                        ),
                        name="superior_period_is_forward",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("person", models.F("superior")), _negated=True),
                        name="nobody_is_his_own_superior",
                    ),
                ],
            },
        ),
    ]
