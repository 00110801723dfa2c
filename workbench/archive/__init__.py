"""What we have: the catalogue of sessions, photos and labels, and the way files come into it."""
