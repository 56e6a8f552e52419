"""A question over waves: points, covariances, and what may be compared."""
