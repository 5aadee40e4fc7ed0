"""A believable drinks distributor, made up: its three tables and the weeks that follow.

Nothing here comes from a real row. What is imitated are aggregate figures (:mod:`data.figures`).
"""
