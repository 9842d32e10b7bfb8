"""Files of real numbers: read, understood by their header, registered and stored."""
