"""The rows of the table of everything under test, by family."""
