"""Duties of units and people become acts of law, among eight other kinds; groups and rosters begin."""

import django.db.models.deletion
from django.db import migrations, models


def carry_over(apps, schema_editor):
    """Each duty of a unit or a person becomes an act of law, made by whoever its record names."""
    duties, laws = (apps.get_model("duties", name) for name in ("DutyAssignment", "LawAct"))
    makers = dict(apps.get_model("acts", "OutboxRow").objects.filter(act="duty.set").values_list("at_ms", "by"))
    known = set(apps.get_model("people", "Person").objects.values_list("pk", flat=True))
    laws.objects.bulk_create(
        laws(
            kind="duty",
            unit_id=row.unit_id,
            person_id=row.person_id,
            from_date=row.from_date,
            until_date=row.until_date,
            recorded_at_ms=row.recorded_at_ms,
            withdrawn_at_ms=row.withdrawn_at_ms,
            made_at_ms=row.recorded_at_ms,
            made_by_id=maker if (maker := makers.get(row.recorded_at_ms)) in known else None,
            body={"duty": row.duty, "policy": row.policy, "by_roster": False},
        )
        for row in duties.objects.order_by("pk")
    )


class Migration(migrations.Migration):
    dependencies = [
        ("acts", "0001_initial"),
        ("duties", "0001_initial"),
        ("people", "0001_initial"),
        ("units", "0020_register_unit_code"),
    ]

    operations = [
        migrations.CreateModel(
            name="Group",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("is_private", models.BooleanField(default=False)),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="groups", to="units.unit"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "number"],
            },
        ),
        migrations.CreateModel(
            name="LawAct",
            fields=[
                ("from_date", models.DateField()),
                ("until_date", models.DateField(blank=True, null=True)),
                ("recorded_at_ms", models.BigIntegerField()),
                ("withdrawn_at_ms", models.BigIntegerField(blank=True, null=True)),
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("duty", "Duty"),
                            ("calendar", "Calendar"),
                            ("ramadan", "Ramadan"),
                            ("circular", "Circular"),
                            ("dispensation", "Dispensation"),
                            ("ceremony", "Ceremony"),
                            ("remote", "Remote"),
                            ("roll_out", "Roll Out"),
                            ("direction", "Direction"),
                        ],
                        max_length=12,
                    ),
                ),
                ("body", models.JSONField()),
                ("document", models.CharField(blank=True, max_length=120)),
                ("article", models.CharField(blank=True, max_length=200)),
                ("made_at_ms", models.BigIntegerField()),
                (
                    "also_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "ending_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="laws",
                        to="duties.group",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="laws",
                        to="people.person",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="laws",
                        to="units.unit",
                    ),
                ),
            ],
            options={
                "ordering": ["-from_date", "-number"],
            },
        ),
        migrations.CreateModel(
            name="LawStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("act", models.CharField(max_length=10)),
                ("at_ms", models.BigIntegerField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
                (
                    "law",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="duties.lawact"
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
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_date", models.DateField()),
                ("until_date", models.DateField(blank=True, null=True)),
                ("recorded_at_ms", models.BigIntegerField()),
                ("withdrawn_at_ms", models.BigIntegerField(blank=True, null=True)),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="memberships", to="duties.group"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="memberships", to="people.person"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RosterDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("shifts", models.JSONField(default=list)),
                ("recorded_at_ms", models.BigIntegerField()),
                ("withdrawn_at_ms", models.BigIntegerField(blank=True, null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="roster", to="people.person"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="group",
            constraint=models.UniqueConstraint(fields=("unit", "name"), name="a_group_has_its_own_name"),
        ),
        migrations.AddIndex(
            model_name="lawact",
            index=models.Index(fields=["kind", "from_date"], name="law_kind_from"),
        ),
        migrations.AddConstraint(
            model_name="lawact",
            constraint=models.CheckConstraint(
                condition=models.Q(("until_date", None), ("until_date__gt", models.F("from_date")), _connector="OR"),
                name="law_period_is_forward",
            ),
        ),
        migrations.AddConstraint(
            model_name="lawact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("group", None), ("person__isnull", False), ("unit", None)),
                    models.Q(
                        ("person", None), models.Q(("unit__isnull", False), ("group__isnull", False), _connector="OR")
                    ),
                    _connector="OR",
                ),
                name="a_law_is_for_a_unit_a_group_or_a_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="lawact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("also_by", None), models.Q(("also_by", models.F("made_by")), _negated=True), _connector="OR"
                ),
                name="two_who_stand_behind_a_law_are_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("until_date", None), ("until_date__gt", models.F("from_date")), _connector="OR"),
                name="membership_period_is_forward",
            ),
        ),
        migrations.AddIndex(
            model_name="rosterday",
            index=models.Index(fields=["day", "person"], name="roster_day_person"),
        ),
        migrations.AddConstraint(
            model_name="rosterday",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at_ms", None)), fields=("person", "day"), name="one_roster_for_a_date"
            ),
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
        migrations.DeleteModel(
            name="DutyAssignment",
        ),
    ]
