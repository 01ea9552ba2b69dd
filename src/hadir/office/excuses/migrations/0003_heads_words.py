"""Who attested an outage as the head of a unit has spoken for its people: so it was understood before, too."""

from datetime import UTC, datetime

from django.db import migrations, models
from django.db.models import Q


def speak(apps, _):
    step, grant = apps.get_model("excuses", "Step"), apps.get_model("accounts", "RoleGrant")
    for row in step.objects.filter(act="attest", excuse__kind="GS").select_related("excuse__unit"):
        day = datetime.fromtimestamp(row.at_ms / 1000, tz=UTC).date()
        held = grant.objects.filter(user__person=row.by_id, role="unit_head", from_date__lte=day, withdrawn_at_ms=None)
        held = held.filter(Q(until_date=None) | Q(until_date__gt=day))
        whole = row.excuse.unit.path if row.excuse.unit else "/"
        mine = (path for path in held.values_list("unit__path", flat=True))
        found = {max(path, whole, key=len) for path in mine if path.startswith(whole) or whole.startswith(path)}
        row.head_of = " ".join(sorted(found))
        row.save(update_fields=["head_of"])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0020_init_one_time_password"),
        ("excuses", "0002_uploaded_lists"),
    ]

    operations = [
        migrations.AddField(
            model_name="step",
            name="head_of",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="step",
            name="act",
            field=models.CharField(
                choices=[
                    ("enter", "Enter"),
                    ("attest", "Attest"),
                    ("approve", "Approve"),
                    ("reject", "Reject"),
                    ("withdraw", "Withdraw"),
                    ("vouch", "Vouch"),
                ],
                max_length=10,
            ),
        ),
        migrations.RunPython(speak, migrations.RunPython.noop),
    ]
