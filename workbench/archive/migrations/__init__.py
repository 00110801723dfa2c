"""Numbered steps from any older catalogue to today's (Alembic)."""
