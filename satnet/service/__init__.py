"""The service around the store: submission, tickets, housekeeping, sweep steps, artifacts, the supervisor."""
