from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("months", "0001_months_first")]

    operations: ClassVar = [
        migrations.RemoveIndex(model_name="dayline", name="day_line_month"),
        migrations.AddIndex(
            model_name="dayline",
            index=models.Index(fields=["unit", "day", "line", "person"], name="day_line_of_month"),
        ),
    ]
