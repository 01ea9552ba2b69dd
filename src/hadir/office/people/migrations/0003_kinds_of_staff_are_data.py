"""The kinds of staff are data beside the policies, no list in the code. No table changes."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("people", "0002_weekdays_and_careers")]

    operations: ClassVar = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(model_name="person", name="employment", field=models.CharField(max_length=10))
            ]
        )
    ]
