"""What the numbers are, what they mean, and what they teach about stock sources."""
