"""Bodies that no client would send, and what the service makes of them."""
