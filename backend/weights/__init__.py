"""The model files, their registry, and the script that fetches them."""
