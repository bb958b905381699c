"""Add films: choose a source, see how it is read, and make it a data set; remove those that were added."""
