"""Operators: poll, call, report. No maths, no drawing beyond their own options."""
