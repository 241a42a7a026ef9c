"""Evidence to availability: weights, freshness, conflicts, and the trace of the verdict."""
