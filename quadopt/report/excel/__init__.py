"""Drawing the sheets of a plan into an Excel workbook: the only part of the report that knows XlsxWriter."""
