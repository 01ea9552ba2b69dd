"""A verdict has one encoding: the brief goes, and each day is judged again for its body and its line.

Rows as they stand stay until then: their bodies and lines are read by the same readers.
"""

from typing import ClassVar

from django.db import migrations

AGAIN = "INSERT INTO follower_dirtyday (person, day) SELECT person, day FROM follower_verdictrow WHERE true"


class Migration(migrations.Migration):
    dependencies: ClassVar = [("follower", "0001_release_0_2")]

    operations: ClassVar = [
        migrations.RunSQL(f"{AGAIN} ON CONFLICT DO NOTHING", migrations.RunSQL.noop),
        migrations.RemoveField("verdictrow", "brief"),
    ]
