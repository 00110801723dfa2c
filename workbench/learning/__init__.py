"""What we learn: models, where they are kept, and how good they are."""
