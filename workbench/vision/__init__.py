"""What a photo shows: faces and eyes, and the arrays that models look at."""
