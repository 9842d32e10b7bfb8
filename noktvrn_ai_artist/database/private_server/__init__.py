"""How the private PostgreSQL is found, started, watched and stopped (door: `embedded_postgres`)."""
