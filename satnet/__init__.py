"""satnet says why a network does not learn: training with saturation measured per layer and epoch.

Importing this package loads neither Keras nor an HTTP library; names are resolved on first use. Type checkers read
`__init__.pyi`.
"""

from importlib import import_module

__version__ = "0.1.0"

_LAZY = {
    "AsyncClient": "satnet.client",
    "Client": "satnet.client",
    "ExperimentSpec": "satnet.spec",
    "SaturationMonitor": "satnet.monitor.callback",
}
__all__ = ["AsyncClient", "Client", "ExperimentSpec", "SaturationMonitor", "__version__"]


def __getattr__(name: str) -> object:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'satnet' has no attribute {name!r}")
