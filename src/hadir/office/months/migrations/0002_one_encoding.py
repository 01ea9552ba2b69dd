from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("months", "0001_release_0_2"), ("follower", "0002_one_encoding")]

    operations: ClassVar = [
        migrations.AlterField("dayline", "line", models.CharField(max_length=600)),
    ]
