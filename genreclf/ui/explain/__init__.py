"""The section "Why?" of Compare and Try your own: explanations of a model's prediction."""
