"""Settings: environment variables with the prefix SATNET_, and nothing else reads the environment."""

import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from pydantic import ByteSize, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_HOST_NAME = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?")
DEFAULT_TRAINER = "satnet.training.run:train"


class Settings(BaseSettings):
    """What an operator may set. `docs/settings.md` has the same table; a test compares them."""

    model_config = SettingsConfigDict(env_prefix="SATNET_", frozen=True)

    redis_password_file: Path | None = None  # holds the password of redis_url's user, as secrets of containers do
    redis_url: str = Field("redis://127.0.0.1:6379/0", repr=False, validate_default=True)  # the store
    broker_url: str = Field("", repr=False)  # Celery's broker; empty: the same server, database 1
    store_port: int = Field(0, ge=0, le=65535)  # of satnet up's own store, with a password; 0: a socket, no port
    store_maxmemory: ByteSize = ByteSize(0)  # of satnet up's own store; 0: a quarter of the machine's memory
    data_dir: Path = Path("var")  # datasets, the embedded store, models
    artifacts_url: str = ""  # trained models; empty: under data_dir, else any URL that fsspec knows
    host: str = "127.0.0.1"  # satnet up's API binds here
    port: int = Field(8000, ge=0, le=65535)  # 0: any free one
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()  # names of this service besides host and loopback
    auth: Literal["auto", "required", "off"] = "auto"  # auto: keys are needed beyond loopback, or once there is one
    queue: str = "default"  # which queue this worker takes from
    heartbeat: timedelta = timedelta(seconds=5)  # from the worker's own thread and connection
    lease: timedelta = timedelta(seconds=20)  # a worker silent for this long loses its experiment
    reaper_tick: timedelta = timedelta(seconds=2)  # how often expired leases are looked for
    redis_grace: timedelta = timedelta(seconds=15)  # after a Redis restart, on top of one lease
    max_losses: int = Field(3, ge=1)  # so many lost attempts end an experiment
    stall_s: float = Field(600, gt=0)  # without a finished slice of an epoch: the worker has stalled
    checkpoint_every: timedelta = timedelta(seconds=10)  # at most this often, and when draining or pausing
    watchdog: timedelta = timedelta(seconds=30)  # a worker idle this long while its queue is not is replaced
    redis_patience: timedelta = timedelta(minutes=15)  # how long a run continues without Redis
    cancel_grace: timedelta = timedelta(seconds=5)  # then the training process is killed
    deadline_grace: timedelta = timedelta(seconds=5)  # past resources.max_seconds; then the training process is killed
    worker_memory_bytes: int = Field(0, ge=0)  # a training process that uses more is killed; 0: by the machine's memory
    drain_grace: timedelta = timedelta(seconds=30)  # from SIGTERM to releasing the experiment
    max_body_bytes: int = 262_144  # of a POSTed spec
    max_dataset_bytes: int = Field(2_000_000_000, ge=1)  # of one uploaded dataset's file
    max_dataset_bytes_per_owner: int = Field(20_000_000_000, ge=1)  # of all datasets of one key, or all without keys
    max_parameters: int = Field(50_000_000, ge=1, le=50_000_000)  # of one network
    max_model_bytes: int = Field(256_000_000, ge=1)  # of one trained model
    max_data_bytes: int = Field(6_000_000_000, ge=1)  # memory that the rows of one experiment may take, estimated
    max_memory_bytes: int = Field(8_000_000_000, ge=1)  # memory that training may take, estimated
    max_record_bytes: int = Field(100_000_000, ge=1)  # of one experiment's records in the store, estimated
    max_operations: int = Field(10**17, ge=1)  # floating point operations of one experiment
    max_open_experiments: int = Field(50_000, ge=1)  # queued and running in all, trials included
    max_open_experiments_per_owner: int = Field(10_000, ge=1)  # those of one key, or all without keys; trials apart
    max_open_sweeps: int = Field(1000, ge=1)  # that are not over, in all
    max_open_sweeps_per_owner: int = Field(100, ge=1)  # those of one key, or all without keys
    max_artifact_bytes: int = Field(50_000_000_000, ge=1)  # of all trained models and checkpoints on a local disk
    max_waiting: int = Field(4000, ge=0)  # event streams and held answers of one API process
    max_waiting_per_client: int = Field(1000, ge=0)  # those of one key or address
    max_connections: int = Field(8000, ge=1)  # of one API process; fewer where it may open fewer files
    header_timeout: timedelta = timedelta(seconds=10)  # for a request's head, from its first byte
    body_timeout: timedelta = timedelta(seconds=60)  # for a request's body, from its head
    api_threads: int = Field(40, ge=4)  # of an API process, to read the store; a prediction keeps one for its 20 s
    idempotency_ttl: timedelta = timedelta(hours=24)  # how long an Idempotency-Key is remembered
    external_silence: timedelta = timedelta(hours=24)  # then an experiment that is trained elsewhere has stalled
    max_external_bytes: int = Field(16_000_000, ge=1)  # of the records that are posted to one experiment
    retention: timedelta = timedelta(days=30)  # terminal experiments expire, unless keep
    thresholds: dict[str, float] = {}  # of the diagnosis, by name: {"saturated_at_start_warning": 0.3}
    workers: int = Field(1, ge=1)  # how many workers share this machine's cores; satnet up sets it
    threads: int = Field(0, ge=0)  # TensorFlow's threads in a worker; 0: cores / workers
    model_cache_bytes: int = Field(512_000_000, ge=0)  # of trained models that a worker keeps loaded for predictions
    failpoints: str = ""  # for tests: where to fail, and how; see satnet/service/failpoints.py
    trainer: str = DEFAULT_TRAINER  # what workers train with; tests put something else here
    url: str = "http://127.0.0.1:8000"  # the service that the client and the command line use
    api_key: SecretStr = SecretStr("")  # sent as a bearer token by the client

    @field_validator("redis_url")
    @classmethod
    def _with_password(cls, value: str, info: ValidationInfo) -> str:
        file = info.data.get("redis_password_file")
        if file is None:
            return value
        try:
            password = file.read_text().strip()
        except OSError as error:
            raise ValueError(f"the password file {file} cannot be read: {error.strerror}") from error
        parts = urlsplit(value)
        user, _, host = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{user.partition(':')[0]}:{quote(password, safe='')}@{host}").geturl()

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _separated(cls, value: object) -> object:
        """Names separated by commas."""
        return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value

    @field_validator("allowed_hosts")
    @classmethod
    def _names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not _HOST_NAME.fullmatch(name):
                raise ValueError(
                    f"{name!r} is no host name; expected names like satnet.example.org, with :port or without"
                )
        return value

    @field_validator("thresholds")
    @classmethod
    def _known(cls, value: dict[str, float]) -> dict[str, float]:
        if value:
            from satnet.saturation.diagnosis import thresholds  # NumPy comes with it, and few ask

            thresholds(value)
        return value

    @property
    def artifacts(self) -> str:
        """Where artifacts lie: `artifacts_url`, or a directory under `data_dir`."""
        return self.artifacts_url or str(self.data_dir.resolve() / "artifacts")

    @property
    def broker(self) -> str:
        """The broker's URL: `broker_url`, or database 1 of the Redis that holds the truth."""
        if self.broker_url:
            return self.broker_url
        parts = urlsplit(self.redis_url)
        query = [(name, value) for name, value in parse_qsl(parts.query) if name != "db"]
        if parts.scheme != "unix":
            return parts._replace(path="/1", query=urlencode(query)).geturl()
        return f"redis+socket://{parts.netloc}{parts.path}?{urlencode([*query, ('virtual_host', '1')])}"


@cache
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
