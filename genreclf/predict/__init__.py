"""From posters and overviews to genre probabilities: one film, a table, or an exported model."""
