"""Stories about the whole server under a clock that only jumps: see `story.py` for how to run one."""
