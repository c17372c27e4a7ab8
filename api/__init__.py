"""satnet over HTTP: FastAPI routes, nothing else."""
