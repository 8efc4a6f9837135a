"""`python -m contrapposto`: the command line."""

from .backend.cli import entry

if __name__ == "__main__":
    entry()
