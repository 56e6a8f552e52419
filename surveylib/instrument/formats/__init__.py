"""HOW A QUESTIONNAIRE IS EXCHANGED: one file for each format, with what it keeps and loses."""
