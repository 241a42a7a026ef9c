"""The requirement and command language: grammar, tree, yes/no/unknown with its trace."""
