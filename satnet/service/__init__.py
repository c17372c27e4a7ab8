"""What keeps experiments going: submission, tickets, housekeeping, sweeps taken on, files, the supervisor."""
