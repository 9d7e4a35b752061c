"""How fast and how small: one measurement a module, on the real models and the real decision code."""
