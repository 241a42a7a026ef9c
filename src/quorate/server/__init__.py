"""The process that knows people and activities: API, page, one owner per activity."""
