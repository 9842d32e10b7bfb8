"""The page about stock footage: what the tracker believes of every source, and on what grounds."""
