"""A step as a list of calls: what a layer writes, on which memory, in which order."""
