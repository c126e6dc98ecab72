"""The text of a file, strictly: YAML to nodes with places, and the slips that YAML misreads in silence."""
