"""The stock libraries as clients without I/O: requests are built, answers are read."""
