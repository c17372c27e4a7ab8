FROM docker.io/library/redis:7.4.11-bookworm AS redis
COPY containers/redis /usr/local/lib/satnet
RUN chown redis:redis /data
USER redis
ENTRYPOINT ["sh", "/usr/local/lib/satnet/start.sh"]

FROM docker.io/library/python:3.11.15-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/app SATNET_DATA_DIR=/data
RUN useradd --uid 10001 --create-home satnet && mkdir -m 0700 /data && chown satnet /data
WORKDIR /app

FROM base AS api
ENV SATNET_HOST=0.0.0.0
COPY requirements/api.txt requirements/api.txt
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements/api.txt
COPY satnet satnet
COPY api api
USER satnet
# It listens beyond loopback, so it asks for keys, also while there is none (docs/access.md).
ENV SATNET_HOST=0.0.0.0
EXPOSE 8000
CMD ["python", "-m", "api.server", "--host", "0.0.0.0", "--port", "8000"]

FROM base AS worker
ENV KERAS_HOME=/data/keras
COPY requirements/worker.txt requirements/worker.txt
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements/worker.txt
COPY satnet satnet
COPY worker worker
USER satnet
CMD ["python", "-m", "worker.main"]
