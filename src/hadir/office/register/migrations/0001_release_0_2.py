"""The tables of release 0.2.0. A folder of the version before it, which took every step named here, needs none."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [("register", "0001_staff_upload")]

    dependencies = [
        ("people", "0001_release_0_2"),
    ]

    operations = [
        migrations.CreateModel(
            name="StaffUpload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=43)),
                ("name", models.CharField(max_length=200)),
                ("data", models.BinaryField()),
                ("at_ms", models.BigIntegerField()),
                ("done_at_ms", models.BigIntegerField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
    ]
