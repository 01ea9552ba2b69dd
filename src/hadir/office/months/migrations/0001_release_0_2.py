"""The tables of release 0.2.0. A folder of the version before it, which took every step named here, needs none."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [("months", "0001_months_first"), ("months", "0002_lines_by_day")]

    dependencies = [
        ("acts", "0001_release_0_2"),
        ("people", "0001_release_0_2"),
        ("units", "0001_release_0_2"),
    ]

    operations = [
        migrations.CreateModel(
            name="Closing",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("first", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[("closed", "Closed"), ("reopened", "Reopened")], default="closed", max_length=10
                    ),
                ),
                ("closed_at_ms", models.BigIntegerField()),
                ("due", models.DateField()),
                ("people", models.PositiveIntegerField()),
                ("versions", models.JSONField()),
                ("counts", models.JSONField()),
                ("letters", models.JSONField(default=dict)),
                ("digest", models.CharField(max_length=64)),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
                (
                    "reopened_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="closings", to="units.unit"
                    ),
                ),
            ],
            options={
                "ordering": ["-first", "unit__path", "-number"],
            },
        ),
        migrations.CreateModel(
            name="ClosedRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("body", models.JSONField()),
                ("lines", models.JSONField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
                (
                    "closing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rows", to="months.closing"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Carried",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("of_allowance", models.DecimalField(decimal_places=2, max_digits=8)),
                ("lines", models.JSONField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
                (
                    "into",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="adjustments", to="months.closing"
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="carried", to="months.closing"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="DayLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", models.PositiveBigIntegerField()),
                ("day", models.DateField()),
                ("unit", models.PositiveBigIntegerField()),
                ("status", models.CharField(max_length=10)),
                ("line", models.CharField(max_length=200)),
                ("arrival_ms", models.BigIntegerField(null=True)),
                ("version", models.CharField(max_length=200)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["unit", "day", "line", "person"], name="day_line_of_month"),
                    models.Index(
                        condition=models.Q(("status", "absent")), fields=["person", "day"], name="day_line_absent"
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("person", "day"), name="one_line_a_day")],
            },
        ),
        migrations.CreateModel(
            name="LateDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", models.PositiveBigIntegerField()),
                ("day", models.DateField()),
                (
                    "closing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="late_days", to="months.closing"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Letters",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("letters", models.JSONField()),
                ("set_at_ms", models.BigIntegerField()),
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="acts.outboxrow"
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at_ms", models.BigIntegerField()),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("close", "Close"),
                            ("ask_reopen", "Ask Reopen"),
                            ("reopen", "Reopen"),
                            ("keep_closed", "Keep Closed"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
                (
                    "closing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="months.closing"
                    ),
                ),
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="acts.outboxrow"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="closing",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "closed")), fields=("unit", "first"), name="a_month_is_closed_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="closing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reopened_by", None),
                    models.Q(
                        ("asked_by__isnull", False), models.Q(("reopened_by", models.F("asked_by")), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="reopening_takes_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="closedrow",
            constraint=models.UniqueConstraint(fields=("closing", "person"), name="a_person_is_closed_once"),
        ),
        migrations.AddConstraint(
            model_name="carried",
            constraint=models.UniqueConstraint(fields=("source", "person", "into"), name="carried_once_into_a_month"),
        ),
        migrations.AddConstraint(
            model_name="lateday",
            constraint=models.UniqueConstraint(fields=("closing", "person", "day"), name="a_day_is_late_once"),
        ),
    ]
