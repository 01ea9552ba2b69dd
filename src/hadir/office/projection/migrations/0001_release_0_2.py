"""The tables of release 0.2.0. A folder of the version before it, which took every step named here, needs none."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("follower", "0001_initial"),
        ("follower", "0020_intake_machine_lines"),
        ("follower", "0021_law_of_the_day"),
        ("follower", "0022_further_places"),
        ("follower", "0023_faulty_leaves"),
        ("follower", "0024_kept_mark"),
    ]

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="JournaledAct",
            fields=[
                ("record_id", models.CharField(max_length=36, primary_key=True, serialize=False)),
                ("origin", models.CharField(max_length=255)),
                ("index", models.BigIntegerField()),
                ("body_hash", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="KeptMark",
            fields=[
                ("origin", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("note", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="Position",
            fields=[
                ("origin", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("next_index", models.BigIntegerField(default=0)),
                ("proven_index", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="SeenKey",
            fields=[
                ("kid", models.CharField(max_length=43, primary_key=True, serialize=False)),
                ("key", models.BinaryField(max_length=64)),
                ("person", models.PositiveBigIntegerField(db_index=True)),
                ("slip", models.PositiveBigIntegerField()),
                ("first_seen_ms", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="SweptUnit",
            fields=[
                ("unit", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ("from_date", models.DateField()),
                ("until_date", models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name="Witness",
            fields=[
                ("record_hash", models.CharField(max_length=43, primary_key=True, serialize=False)),
                ("kind", models.PositiveSmallIntegerField()),
                ("punch", models.CharField(db_index=True, max_length=43)),
                ("origin", models.CharField(max_length=255)),
                ("index", models.BigIntegerField()),
                ("received_at_ms", models.BigIntegerField()),
                ("body", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="DirtyDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", models.PositiveBigIntegerField()),
                ("day", models.DateField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("person", "day"), name="a_day_is_dirty_once")],
            },
        ),
        migrations.CreateModel(
            name="DirtyPin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("terminal", models.CharField(max_length=40)),
                ("pin", models.CharField(max_length=24)),
                ("day", models.DateField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("terminal", "pin", "day"), name="a_pin_is_dirty_once")],
            },
        ),
        migrations.CreateModel(
            name="FaultyLeaf",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin", models.CharField(max_length=255)),
                ("index", models.BigIntegerField()),
                ("kind", models.PositiveSmallIntegerField()),
                ("received_at_ms", models.BigIntegerField()),
                ("fault", models.CharField(max_length=12)),
                ("kid", models.CharField(blank=True, max_length=43)),
                ("record_hash", models.CharField(max_length=43)),
                ("body", models.BinaryField()),
                ("person", models.PositiveBigIntegerField(null=True)),
                ("direction", models.CharField(blank=True, max_length=6)),
                ("wall_ms", models.BigIntegerField(null=True)),
                ("day", models.DateField(null=True)),
            ],
            options={
                "ordering": ["-received_at_ms", "origin", "-index"],
                "indexes": [
                    models.Index(fields=["person", "day"], name="faulty_person_day"),
                    models.Index(fields=["fault", "kid"], name="faulty_key"),
                ],
                "constraints": [models.UniqueConstraint(fields=("origin", "index"), name="one_fault_at_a_place")],
            },
        ),
        migrations.CreateModel(
            name="MachineLine",
            fields=[
                ("record_hash", models.CharField(max_length=43, primary_key=True, serialize=False)),
                ("origin", models.CharField(max_length=255)),
                ("index", models.BigIntegerField()),
                ("received_at_ms", models.BigIntegerField()),
                ("body", models.BinaryField()),
                ("terminal", models.CharField(max_length=40)),
                ("pin", models.CharField(max_length=24)),
                ("day", models.DateField()),
                ("clock", models.TimeField()),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("file", models.CharField(max_length=43)),
                ("line_number", models.PositiveIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["terminal", "pin", "day"], name="machine_line_pin_day")],
                "constraints": [models.UniqueConstraint(fields=("origin", "index"), name="one_line_at_a_place")],
            },
        ),
        migrations.CreateModel(
            name="MeasuredOutage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin", models.CharField(max_length=255)),
                ("from_ms", models.BigIntegerField()),
                ("until_ms", models.BigIntegerField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("origin", "until_ms"), name="an_outage_ends_once")],
            },
        ),
        migrations.CreateModel(
            name="Punch",
            fields=[
                ("record_hash", models.CharField(max_length=43, primary_key=True, serialize=False)),
                ("origin", models.CharField(max_length=255)),
                ("index", models.BigIntegerField()),
                ("received_at_ms", models.BigIntegerField()),
                ("kid", models.CharField(max_length=43)),
                ("source", models.CharField(default="phone", max_length=12)),
                ("terminal", models.CharField(blank=True, max_length=40)),
                ("person", models.PositiveBigIntegerField()),
                ("direction", models.CharField(max_length=6)),
                ("wall_ms", models.BigIntegerField()),
                ("body", models.BinaryField()),
                ("flags", models.JSONField(default=list)),
                ("grade", models.CharField(max_length=1)),
                ("lo_ms", models.BigIntegerField(null=True)),
                ("hi_ms", models.BigIntegerField()),
                ("judged_ms", models.BigIntegerField()),
                ("day", models.DateField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["person", "day"], name="punch_person_day"),
                    models.Index(fields=["kid"], name="punch_kid"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ServerFact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin", models.CharField(max_length=255)),
                ("index", models.BigIntegerField()),
                ("kind", models.PositiveSmallIntegerField()),
                ("received_at_ms", models.BigIntegerField()),
                ("body", models.JSONField()),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "received_at_ms"], name="fact_kind_time")],
                "constraints": [models.UniqueConstraint(fields=("origin", "index"), name="one_fact_at_a_place")],
            },
        ),
        migrations.CreateModel(
            name="VerdictRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", models.PositiveBigIntegerField()),
                ("day", models.DateField()),
                ("unit", models.PositiveBigIntegerField()),
                ("status", models.CharField(max_length=10)),
                ("dark", models.CharField(blank=True, max_length=60)),
                ("taps", models.PositiveSmallIntegerField(default=0)),
                ("brief", models.BinaryField()),
                ("body", models.JSONField()),
                ("open_until_ms", models.BigIntegerField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["day"], name="verdict_day"),
                    models.Index(fields=["open_until_ms"], name="verdict_open"),
                    models.Index(
                        condition=models.Q(("taps__gt", 0)), fields=["unit", "day"], name="verdict_first_of_unit"
                    ),
                    models.Index(
                        condition=models.Q(("dark", ""), _negated=True),
                        fields=["unit", "dark", "day"],
                        name="verdict_dark",
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("person", "day"), name="one_verdict_a_day")],
            },
        ),
        migrations.CreateModel(
            name="Place",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin", models.CharField(max_length=255)),
                ("index", models.BigIntegerField()),
                ("received_at_ms", models.BigIntegerField()),
                (
                    "punch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="places", to="follower.punch"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("origin", "index"), name="one_punch_at_a_place")],
            },
        ),
    ]
