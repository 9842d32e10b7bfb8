"""How artists change: from what went with better releases to what they try next."""
