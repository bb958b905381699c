"""Why a model says what it says: where it looks, which words count, what each side gave, what is like it."""
