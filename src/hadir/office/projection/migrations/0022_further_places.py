"""A punch says itself where its earliest receipt stands; only further places have rows of their own."""

from django.db import migrations
from django.db.models import F


def drop_the_first(apps, schema_editor):
    places = apps.get_model("follower", "Place")
    places.objects.filter(origin=F("punch__origin"), index=F("punch__index")).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("follower", "0021_law_of_the_day"),
    ]

    operations = [
        migrations.RunPython(drop_the_first, migrations.RunPython.noop),
    ]
