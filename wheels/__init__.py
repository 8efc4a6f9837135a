"""What the built extension bundles: the pinned list of wheels, and the scripts that collect them and build the zips."""
