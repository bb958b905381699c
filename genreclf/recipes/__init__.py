"""Everything about a training but the model and the data: one table of settings, one recipe per model."""
