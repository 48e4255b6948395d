"""What is minimised: rows and targets, the loss of raw scores, links and distributions, metrics."""
