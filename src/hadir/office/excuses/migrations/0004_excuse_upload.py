import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("excuses", "0003_heads_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="excuse",
            name="upload",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="excuses",
                to="excuses.excuseupload",
            ),
        ),
    ]
