"""What is known of an experiment: its document, its measured epochs, its folds, and how runs compare."""
