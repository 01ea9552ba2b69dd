"""The tables of release 0.2.0. A folder of the version before it, which took every step named here, needs none."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("excuses", "0001_excuses_first"),
        ("excuses", "0002_uploaded_lists"),
        ("excuses", "0003_heads_words"),
        ("excuses", "0004_excuse_upload"),
    ]

    dependencies = [
        ("acts", "0001_release_0_2"),
        ("people", "0001_release_0_2"),
        ("units", "0001_release_0_2"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExcuseUpload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=43)),
                ("name", models.CharField(max_length=200)),
                ("data", models.BinaryField()),
                ("at_ms", models.BigIntegerField()),
                ("done_at_ms", models.BigIntegerField(blank=True, null=True)),
                ("entered", models.PositiveIntegerField(default=0)),
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
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Excuse",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        max_length=8,
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[("all", "All"), ("unit", "Unit"), ("terminal", "Terminal"), ("people", "People")],
                        max_length=8,
                    ),
                ),
                ("terminal", models.CharField(blank=True, max_length=40)),
                ("from_ms", models.BigIntegerField()),
                ("until_ms", models.BigIntegerField()),
                ("is_whole_days", models.BooleanField(default=False)),
                ("tail_minutes", models.PositiveSmallIntegerField(default=0)),
                ("document", models.CharField(blank=True, max_length=120)),
                ("basis", models.CharField(blank=True, max_length=200)),
                (
                    "cause",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("unknown", "Unknown"),
                            ("program", "Program"),
                            ("power", "Power"),
                            ("network", "Network"),
                            ("load", "Load"),
                            ("terminal", "Terminal"),
                            ("disaster", "Disaster"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("attested", "Attested"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="proposed",
                        max_length=10,
                    ),
                ),
                ("entered_at_ms", models.BigIntegerField()),
                ("measured_by", models.CharField(blank=True, max_length=255)),
                ("measured_from_ms", models.BigIntegerField(blank=True, null=True)),
                ("measured_until_ms", models.BigIntegerField(blank=True, null=True)),
                (
                    "also_approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "attested_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "entered_by",
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="excuses",
                        to="units.unit",
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="excuses",
                        to="excuses.excuseupload",
                    ),
                ),
            ],
            options={
                "ordering": ["-from_ms", "-number"],
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
                            ("enter", "Enter"),
                            ("attest", "Attest"),
                            ("approve", "Approve"),
                            ("reject", "Reject"),
                            ("withdraw", "Withdraw"),
                            ("vouch", "Vouch"),
                        ],
                        max_length=10,
                    ),
                ),
                ("head_of", models.TextField(blank=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
                (
                    "excuse",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="excuses.excuse"
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
            name="ExcusedPerson",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "excuse",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="people", to="excuses.excuse"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="excuses", to="people.person"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("excuse", "person"), name="a_person_is_named_once")],
            },
        ),
        migrations.AddIndex(
            model_name="excuse",
            index=models.Index(fields=["state", "until_ms"], name="excuse_state_time"),
        ),
        migrations.AddConstraint(
            model_name="excuse",
            constraint=models.CheckConstraint(
                condition=models.Q(("until_ms__gt", models.F("from_ms"))), name="excuse_period_is_forward"
            ),
        ),
        migrations.AddConstraint(
            model_name="excuse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by", None),
                    models.Q(("approved_by", models.F("attested_by")), _negated=True),
                    _connector="OR",
                ),
                name="who_attests_does_not_approve",
            ),
        ),
        migrations.AddConstraint(
            model_name="excuse",
            constraint=models.UniqueConstraint(
                condition=models.Q(("measured_by", ""), _negated=True),
                fields=("measured_by", "measured_until_ms"),
                name="an_outage_is_proposed_once",
            ),
        ),
    ]
