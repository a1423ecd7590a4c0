"""The HTML page: its template, style and script, and what its sections need to know."""
