"""The words of the interface in other languages: one file a language, and the script that says what is missing.

See docs/translations.md.
"""
