"""What outlives a restart: activities, outbox, tokens, statements (SQLAlchemy, Alembic)."""
