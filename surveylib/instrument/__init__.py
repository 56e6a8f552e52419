"""What was asked: questionnaires as versioned, frozen instruments, and what repeats between them."""
