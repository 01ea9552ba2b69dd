"""The tables of release 0.2.0. A folder of the version before it, which took every step named here, needs none."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [("intake", "0001_intake_files"), ("intake", "0002_uploaded_files")]

    dependencies = [
        ("people", "0001_release_0_2"),
        ("units", "0001_release_0_2"),
    ]

    operations = [
        migrations.CreateModel(
            name="Terminal",
            fields=[
                ("serial", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("first_seen_ms", models.BigIntegerField()),
            ],
            options={
                "ordering": ["serial"],
            },
        ),
        migrations.CreateModel(
            name="ImportedFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=43)),
                ("name", models.CharField(max_length=200)),
                ("layout", models.CharField(max_length=60)),
                ("at_ms", models.BigIntegerField()),
                ("lines", models.PositiveIntegerField()),
                ("accepted", models.PositiveIntegerField()),
                ("repeated", models.PositiveIntegerField()),
                ("bad", models.PositiveIntegerField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
                (
                    "terminal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="files", to="intake.terminal"
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="BadLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line_number", models.PositiveIntegerField()),
                (
                    "fault",
                    models.CharField(
                        choices=[
                            ("no_time", "no_time"),
                            ("no_such_time", "no_such_time"),
                            ("clock_lost", "clock_lost"),
                            ("no_pin", "no_pin"),
                            ("bad_pin", "bad_pin"),
                            ("other_shape", "other_shape"),
                            ("too_long", "too_long"),
                            ("failed_try", "failed_try"),
                            ("in_future", "in_future"),
                        ],
                        max_length=20,
                    ),
                ),
                ("raw", models.BinaryField(max_length=200)),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="bad_lines", to="intake.importedfile"
                    ),
                ),
            ],
            options={
                "ordering": ["line_number", "pk"],
            },
        ),
        migrations.CreateModel(
            name="FileUpload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("data", models.BinaryField()),
                ("dates", models.CharField(blank=True, max_length=3)),
                ("at_ms", models.BigIntegerField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
                (
                    "terminal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="intake.terminal"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TerminalPlace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_date", models.DateField()),
                ("until_date", models.DateField(blank=True, null=True)),
                ("recorded_at_ms", models.BigIntegerField()),
                ("withdrawn_at_ms", models.BigIntegerField(blank=True, null=True)),
                (
                    "directions",
                    models.CharField(
                        choices=[("keys", "Keys"), ("first_last", "First And Last")], default="keys", max_length=10
                    ),
                ),
                (
                    "terminal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="places", to="intake.terminal"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="terminals", to="units.unit"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TerminalSkew",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_date", models.DateField()),
                ("until_date", models.DateField(blank=True, null=True)),
                ("recorded_at_ms", models.BigIntegerField()),
                ("withdrawn_at_ms", models.BigIntegerField(blank=True, null=True)),
                ("skew_ms", models.BigIntegerField()),
                (
                    "terminal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="skews", to="intake.terminal"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PinHolder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_date", models.DateField()),
                ("until_date", models.DateField(blank=True, null=True)),
                ("recorded_at_ms", models.BigIntegerField()),
                ("withdrawn_at_ms", models.BigIntegerField(blank=True, null=True)),
                ("pin", models.CharField(max_length=24)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="pins", to="people.person"
                    ),
                ),
                (
                    "terminal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="holders", to="intake.terminal"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until_date", None), ("until_date__gt", models.F("from_date")), _connector="OR"
                        ),
                        name="pin_holder_period_is_forward",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at_ms", None)),
                        fields=("terminal", "pin", "from_date"),
                        name="one_holder_from_a_day",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="importedfile",
            constraint=models.UniqueConstraint(fields=("sha256", "terminal"), name="a_file_comes_once_for_a_terminal"),
        ),
        migrations.AddConstraint(
            model_name="terminalplace",
            constraint=models.CheckConstraint(
                condition=models.Q(("until_date", None), ("until_date__gt", models.F("from_date")), _connector="OR"),
                name="terminal_place_period_is_forward",
            ),
        ),
        migrations.AddConstraint(
            model_name="terminalskew",
            constraint=models.CheckConstraint(
                condition=models.Q(("until_date", None), ("until_date__gt", models.F("from_date")), _connector="OR"),
                name="terminal_skew_period_is_forward",
            ),
        ),
    ]
