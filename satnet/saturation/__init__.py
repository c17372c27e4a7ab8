"""What saturation is: pure functions on arrays. Definitions and sources are in docs/saturation.md."""
