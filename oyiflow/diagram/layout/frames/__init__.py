"""Charts with nested states: ``tree`` (what contains what), ``cells`` (rows and columns), ``edges`` (lines for the frames'
edges, where arrows meet them), ``measure`` (coordinates), ``search`` (tries other places)."""
