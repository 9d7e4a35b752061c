"""How well recognition does, measured through the product's own stages."""
