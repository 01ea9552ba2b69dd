"""Accounts: log-ins of people with an office role, and the roles, granted on a unit's subtree."""
