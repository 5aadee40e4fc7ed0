"""What shops without history will probably order, told by shops like them.

This package imports nothing by itself: the API reads `likeness` without numpy.
"""
