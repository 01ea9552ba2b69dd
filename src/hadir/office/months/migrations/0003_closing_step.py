from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    """The model says what its steps are of. The table keeps its name."""

    dependencies: ClassVar = [("months", "0002_one_encoding")]

    operations: ClassVar = [
        migrations.AlterModelTable("step", "months_step"),
        migrations.RenameModel("Step", "ClosingStep"),
    ]
