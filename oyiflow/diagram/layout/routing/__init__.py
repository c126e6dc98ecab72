"""Ways for arrows: ``path`` (candidates), ``order`` (two arrows on one line), ``router`` (choice), ``tracks`` (offsets)."""
