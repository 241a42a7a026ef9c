"""The process beside the IM clients: capture, splice and link wired together."""
