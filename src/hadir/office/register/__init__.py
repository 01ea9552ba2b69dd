"""The register's door for whole lists: read, compared with what is known, shown, and only then acted on."""
