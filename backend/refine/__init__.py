"""Fits a pose to evidence: points in the picture, points in space, ground and joint limits, around a prior."""
