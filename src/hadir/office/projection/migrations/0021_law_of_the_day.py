"""Verdicts get their columns and briefs, and each day is judged again for them; sweeps of unrecorded days begin."""

from django.db import migrations, models


def judge_again(apps, schema_editor):
    verdicts, dirty = (apps.get_model("follower", name) for name in ("VerdictRow", "DirtyDay"))
    rows = [dirty(person=person, day=day) for person, day in verdicts.objects.values_list("person", "day")]
    dirty.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    verdicts.objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("follower", "0020_intake_machine_lines"),
    ]

    operations = [
        migrations.RunPython(judge_again, migrations.RunPython.noop),
        migrations.CreateModel(
            name="SweptUnit",
            fields=[
                ("unit", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ("from_date", models.DateField()),
                ("until_date", models.DateField()),
            ],
        ),
        migrations.AddField("verdictrow", "unit", models.PositiveBigIntegerField(default=0), preserve_default=False),
        migrations.AddField(
            "verdictrow", "status", models.CharField(default="not_yet", max_length=10), preserve_default=False
        ),
        migrations.AddField("verdictrow", "dark", models.CharField(blank=True, max_length=60)),
        migrations.AddField("verdictrow", "taps", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("verdictrow", "brief", models.BinaryField(default=b""), preserve_default=False),
        migrations.AddIndex(
            "verdictrow",
            models.Index(condition=models.Q(("taps__gt", 0)), fields=["unit", "day"], name="verdict_first_of_unit"),
        ),
        migrations.AddIndex(
            "verdictrow",
            models.Index(
                condition=models.Q(("dark", ""), _negated=True), fields=["unit", "dark", "day"], name="verdict_dark"
            ),
        ),
    ]
