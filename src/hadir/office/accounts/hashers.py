"""What comparing a password costs this server, and anybody who stole the database (decision 0032)."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class PasswordHasher(Argon2PasswordHasher):
    """Argon2id with the costs of OWASP's Password Storage Cheat Sheet: 19 MiB, twice over, on one core."""

    time_cost, memory_cost, parallelism = 2, 19_456, 1
