"""Files that are no process: the company, its calendar, the manual's list of articles."""
