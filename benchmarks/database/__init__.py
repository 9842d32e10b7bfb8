"""What storing and reading cost, beside the server's own limits and what people use instead."""
