"""The tables of release 0.2.0. A folder of the version before it, which took every step named here, needs none."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("duties", "0001_initial"),
        ("duties", "0002_acts_of_law"),
        ("duties", "0003_policy_trials"),
        ("duties", "0004_roster_wishes"),
    ]

    dependencies = [
        ("acts", "0001_release_0_2"),
        ("people", "0001_release_0_2"),
        ("units", "0001_release_0_2"),
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
                ("at_ms", models.BigIntegerField()),
                ("act", models.CharField(max_length=10)),
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
                "abstract": False,
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
            name="PolicyTrial",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("first", models.DateField()),
                ("policy", models.CharField(max_length=60)),
                ("title", models.JSONField()),
                ("document", models.TextField(blank=True)),
                ("at_ms", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Done"), ("failed", "Failed")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("done", models.PositiveIntegerField(default=0)),
                ("of", models.PositiveIntegerField(default=0)),
                ("last_person", models.PositiveBigIntegerField(default=0)),
                ("days", models.PositiveIntegerField(default=0)),
                ("units", models.JSONField(default=dict)),
                ("fault", models.TextField(blank=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="units.unit"),
                ),
            ],
            options={
                "ordering": ["-number"],
            },
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
        migrations.CreateModel(
            name="RosterWish",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("entries", models.JSONField()),
                ("document", models.CharField(max_length=120)),
                ("made_at_ms", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("agreed", "Agreed"), ("refused", "Refused")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("decided_at_ms", models.BigIntegerField(blank=True, null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "decision",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="acts.outboxrow",
                    ),
                ),
                (
                    "made_by",
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
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="TrialPerson",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("before", models.DecimalField(decimal_places=3, max_digits=8)),
                ("after", models.DecimalField(decimal_places=3, max_digits=8)),
                ("weight", models.DecimalField(decimal_places=3, max_digits=8)),
                ("days", models.JSONField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.person"
                    ),
                ),
                (
                    "trial",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="people", to="duties.policytrial"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="units.unit"),
                ),
            ],
            options={
                "ordering": ["-weight", "person_id"],
            },
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
        migrations.AddIndex(
            model_name="rosterwish",
            index=models.Index(fields=["state"], name="roster_wish_state"),
        ),
        migrations.AddConstraint(
            model_name="rosterwish",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "agreed"), _negated=True),
                    models.Q(
                        ("decided_by__isnull", False), models.Q(("decided_by", models.F("made_by")), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="two_who_agree_to_a_roster_are_two",
            ),
        ),
        migrations.AddIndex(
            model_name="trialperson",
            index=models.Index(fields=["trial", "unit"], name="trial_person_unit"),
        ),
    ]
