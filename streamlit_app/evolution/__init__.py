"""The page about how an artist's profile changed, and on what grounds."""
