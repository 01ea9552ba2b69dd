from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

KINDS = (
    ("duty", "Duty"), ("calendar", "Calendar"), ("ramadan", "Ramadan"), ("circular", "Circular"),
    ("dispensation", "Dispensation"), ("ceremony", "Ceremony"), ("remote", "Remote"), ("roll_out", "Roll Out"),
    ("direction", "Direction"), ("policy", "Policy"), ("decree", "Decree"),
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies: ClassVar = [("duties", "0001_release_0_2"), ("people", "0001_release_0_2")]

    operations: ClassVar = [
        migrations.AlterField("lawact", "kind", models.CharField(choices=KINDS, max_length=12)),
        migrations.CreateModel(
            name="LawUpload",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("decree", "decree"), ("policy", "policy")], max_length=12)),
                ("name", models.CharField(max_length=60)),
                ("data", models.BinaryField()),
                ("at_ms", models.BigIntegerField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
            ],
            options={"ordering": ["-number"]},
        ),
    ]
