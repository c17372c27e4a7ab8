"""satnet in Celery workers: tickets, leases, devices."""
