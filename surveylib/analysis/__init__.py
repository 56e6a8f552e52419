"""What may be said: waves and questions in, frozen results with their method out."""
