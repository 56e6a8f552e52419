"""A file of responses → a table of text: one reader per format, the table READERS in `opening`."""
