"""What a workbook may hold: reading, checking, and the case that comes of it."""
