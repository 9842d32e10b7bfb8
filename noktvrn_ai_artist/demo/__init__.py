"""A look at the product over real numbers: a CC0 sample, and clip usage simulated upon it."""
