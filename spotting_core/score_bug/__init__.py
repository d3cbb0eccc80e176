"""The score bug: where it is, what its clock and its score say, and what that tells of the match's time."""
