"""Parts that pages are put together from; each owns its session keys and query parameters."""
