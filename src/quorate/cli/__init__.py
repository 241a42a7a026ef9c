"""The `quorate` command, one file per group of commands."""
