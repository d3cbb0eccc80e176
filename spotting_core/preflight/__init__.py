"""Checks before numbers are believed: wrong results that nothing else would report.

Each check is one function from data to findings; a finding says what, why, and how to put it right.
"""
