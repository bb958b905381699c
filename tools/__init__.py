"""Tools for maintainers; nothing here runs for a user."""
