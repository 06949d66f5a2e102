"""mmrag: ask your folders; every answer is checked against the page."""
