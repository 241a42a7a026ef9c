"""The life of one activity as a pure step function: inputs in, new state and effects out."""
