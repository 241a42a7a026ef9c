"""Agent and server talking: versioned messages over a Unix socket."""
