"""The network: its two vectors of numbers, and the forward pass over many rows."""
