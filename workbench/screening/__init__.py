"""What we do with it: a session through the current model into keep, blink and can't tell."""
