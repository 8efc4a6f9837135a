"""Synthetic drawings of figures whose pose is known, to train and to test what reads drawings."""
