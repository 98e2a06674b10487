"""What a run has found, for readers: the summary in Markdown, and pages in HTML; every number with the table it stands in."""
