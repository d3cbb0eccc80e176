"""Variations that the formats of labels allow: made pairwise, read, and held against what they say."""
