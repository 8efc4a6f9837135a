"""Observation -> poses."""
