"""The lesson's page: ``steps.py`` draws what all steps share, and one module per step, named after it, the rest.

A step's module has two functions:

- ``before(answer)`` draws what is needed to answer the question; ``answer`` is None until it is given.
- ``after(answer)`` draws the step's control and what it shows, and returns sentences with the visitor's own figures
  ("what you saw"), Markdown; none yet as long as there is nothing to say.
"""
