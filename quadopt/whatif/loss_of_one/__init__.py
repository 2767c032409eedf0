"""Loss of one: what goes short when a supplier stops all exports, and how long every sector holds out."""
