"""The tables of release 0.2.0. A folder of the version before it, which took every step named here, needs none."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [("devices", "0001_initial"), ("devices", "0002_slip_runs"), ("devices", "0003_keys_in_the_journal")]

    dependencies = [
        ("people", "0001_release_0_2"),
        ("units", "0001_release_0_2"),
    ]

    operations = [
        migrations.CreateModel(
            name="RosterVersion",
            fields=[
                ("version", models.BigIntegerField(primary_key=True, serialize=False)),
                ("issued_ms", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=43)),
                ("content", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="SlipRun",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("at_ms", models.BigIntegerField()),
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
        ),
        migrations.CreateModel(
            name="Slip",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("last_valid_day", models.DateField()),
                ("voucher", models.CharField(max_length=120)),
                ("issued_at_ms", models.BigIntegerField()),
                (
                    "issued_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="slips", to="people.person"
                    ),
                ),
                (
                    "replaced_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaces",
                        to="devices.slip",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="slips",
                        to="devices.sliprun",
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="Device",
            fields=[
                ("kid", models.CharField(max_length=43, primary_key=True, serialize=False)),
                ("key", models.BinaryField(max_length=64)),
                ("from_ms", models.BigIntegerField()),
                ("until_ms", models.BigIntegerField(blank=True, null=True)),
                ("decided_at_ms", models.BigIntegerField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="devices", to="people.person"
                    ),
                ),
                (
                    "slip",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="devices",
                        to="devices.slip",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("until_ms", None), ("until_ms__gte", models.F("from_ms")), _connector="OR"),
                        name="device_period_is_not_backward",
                    )
                ],
            },
        ),
    ]
