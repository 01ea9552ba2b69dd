from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("follower", "0023_faulty_leaves"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptMark",
            fields=[
                ("origin", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("note", models.TextField()),
            ],
        ),
    ]
