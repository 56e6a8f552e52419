"""What was asked: questionnaires as versioned instruments, and what repeats between them."""
