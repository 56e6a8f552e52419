"""Who did not answer, in every wave of a source, and what they leave open."""
