"""The estimators of plain arrays, and what they share."""
