"""Questions over many experiments: which points are tried, when a trial ends early, and what the answer is worth."""
