"""What in a data set harms training or makes scores mislead."""
