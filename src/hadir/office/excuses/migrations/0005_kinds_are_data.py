"""The kinds of absences are codes of the policies, no list in the code. No table changes."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("excuses", "0004_excuse_upload")]

    operations: ClassVar = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(model_name="excuse", name="kind", field=models.CharField(max_length=8))
            ]
        )
    ]
