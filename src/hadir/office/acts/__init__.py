"""Acts: every action's canonical record, on its way through the outbox into the office journal."""
