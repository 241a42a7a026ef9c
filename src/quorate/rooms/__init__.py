"""Room back ends: where a live activity happens."""
