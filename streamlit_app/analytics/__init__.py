"""The pages about numbers: the overview, one release, and entering what platforms report."""
