"""Training: recipes, the input pipeline, the run folder, and the process that fills it."""
