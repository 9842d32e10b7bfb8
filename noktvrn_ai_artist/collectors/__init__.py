"""Numbers from the platforms: pure clients, one transport, and the service that runs them."""
