"""Bone names by convention, one JSON file each; `matcher.py` reads them."""
