from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("follower", "0002_one_encoding")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="JudgedBy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("person", models.PositiveBigIntegerField(null=True)),
                ("day", models.DateField(null=True)),
            ],
        ),
    ]
