"""Twelve simulated worlds, our tracker, and what a user could pick instead of it."""

import os

# The matrices are small and the runs already share the cores: more threads only wait for each
# other. It must be said before numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
