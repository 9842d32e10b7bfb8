"""The page about releases: what is registered, where it was published, what was corrected."""
