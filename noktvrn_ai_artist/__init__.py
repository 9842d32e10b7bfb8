"""How every release does on every platform, which stock footage earns it, and what to use next."""
