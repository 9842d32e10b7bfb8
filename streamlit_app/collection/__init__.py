"""The page about what came in: every import and save, and how to take one back."""
