"""HTTP: one router per noun, and the edge around them."""
