from typing import ClassVar

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def lift_what_was_approved(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    """Nobody who approved an outage was asked whom it finds proven late, and it covered them: it stays so."""
    rows = apps.get_model("excuses", "Excuse").objects.filter(kind="GS", approved_by__isnull=False)
    rows.update(lifts_proven=True)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("excuses", "0001_release_0_2"), ("people", "0001_release_0_2")]

    operations: ClassVar = [
        migrations.AddField("excuse", "lifts_proven", models.BooleanField(default=False)),
        migrations.AddField(
            "excuse",
            "change_asked_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.person",
            ),
        ),
        migrations.RunPython(lift_what_was_approved, migrations.RunPython.noop),
    ]
