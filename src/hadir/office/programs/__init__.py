"""Programs of the office, as plain functions of the settings: commands, imports, founding, upgrades."""
