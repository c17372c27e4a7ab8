"""The API's routes as requests; both clients send these."""
