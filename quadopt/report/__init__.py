"""The plan for readers: the summary on screen and the results workbook."""
