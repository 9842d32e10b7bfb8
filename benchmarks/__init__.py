"""Measurements, shown as ratios against a peer or a limit within the same run."""
