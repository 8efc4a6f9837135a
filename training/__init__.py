"""Trains the pose model that is shipped, from motion capture to the weights; no part of the add-on."""
