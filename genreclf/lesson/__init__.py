"""The lesson: nine steps from the report's CNN, worse than not looking, to a model that is better than all baselines.

``steps.py`` has the texts, ``figures.py`` every number in them, and ``progress.py`` what a visitor has answered.
"""
