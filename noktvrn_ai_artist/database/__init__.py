"""One PostgreSQL, private or given: how it is reached, what lies in it, how it grows."""
