"""A verdict has one encoding: the brief goes, and each day is judged again for its body and its line.

Rows as they stand stay until the edition of the rules begins (`follower.editions`): their bodies and lines are read by
the same readers.
"""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("follower", "0001_release_0_2")]

    operations: ClassVar = [
        migrations.RemoveField("verdictrow", "brief"),
    ]
