"""The tables of release 0.2.0. A folder of the version before it, which took every step named here, needs none."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [("exports", "0001_exports_first")]

    dependencies = [
        ("people", "0001_release_0_2"),
        ("units", "0001_release_0_2"),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("first", models.DateField()),
                ("kind", models.CharField(choices=[("xlsx", "Xlsx"), ("pdf", "Pdf")], max_length=4)),
                ("size", models.CharField(max_length=2)),
                ("which", models.CharField(blank=True, max_length=20)),
                ("search", models.CharField(blank=True, max_length=60)),
                ("lang", models.CharField(max_length=2)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("gone", "Gone"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("asked_at_ms", models.BigIntegerField()),
                ("began_at_ms", models.BigIntegerField(null=True)),
                ("ended_at_ms", models.BigIntegerField(null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("people", models.PositiveIntegerField(default=0)),
                ("bytes", models.PositiveBigIntegerField(default=0)),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="people.person")),
                ("unit", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="units.unit")),
            ],
            options={
                "db_table": "exports_export",
                "indexes": [
                    models.Index(fields=["state", "number"], name="exports_queue"),
                    models.Index(fields=["by", "number"], name="exports_of_person"),
                ],
            },
        ),
    ]
