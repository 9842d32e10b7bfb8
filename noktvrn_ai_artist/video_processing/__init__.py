"""Footage for a release: stock libraries searched, clips chosen, their use logged."""
