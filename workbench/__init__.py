"""Eye Spy: find the photos of a headshot session whose eyes are shut."""

__version__ = "0.1.0"
