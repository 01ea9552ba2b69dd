from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies: ClassVar = []

    operations: ClassVar = [
        migrations.CreateModel(
            name="Comparison",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at_ms", models.BigIntegerField()),
                ("acts", models.PositiveBigIntegerField()),
                ("tables", models.PositiveIntegerField()),
                ("count", models.PositiveIntegerField()),
                ("kinds", models.JSONField(default=list)),
            ],
            options={"ordering": ["-at_ms", "-pk"]},
        ),
    ]
