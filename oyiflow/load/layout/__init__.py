"""A file in its canonical layout, comments kept."""
