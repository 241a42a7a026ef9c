"""Two dissectors back to back: what to add to a stream, hide from it and renumber in it."""
