"""The tables of release 0.2.0. A folder of the version before it, which took every step named here, needs none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [("acts", "0001_initial")]

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="OutboxRow",
            fields=[
                ("seq", models.BigAutoField(primary_key=True, serialize=False)),
                ("record_id", models.CharField(max_length=36, unique=True)),
                ("kind", models.PositiveSmallIntegerField()),
                ("body", models.BinaryField()),
                ("body_hash", models.CharField(max_length=64)),
                ("at_ms", models.BigIntegerField()),
                ("by", models.PositiveBigIntegerField()),
                ("person", models.PositiveBigIntegerField(blank=True, null=True)),
                ("act", models.CharField(max_length=60)),
                ("reason", models.BinaryField(blank=True, null=True)),
                ("origin", models.CharField(blank=True, max_length=255)),
                ("index", models.BigIntegerField(blank=True, null=True)),
            ],
            options={
                "ordering": ["seq"],
                "indexes": [models.Index(fields=["index"], name="outbox_waiting")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("index__isnull", False)),
                        fields=("origin", "index"),
                        name="one_record_at_a_position",
                    )
                ],
            },
        ),
    ]
