"""The text of conditions: characters to tokens, tokens to trees."""
