"""Keras and TensorFlow live here, and nowhere else."""

import os

# TensorFlow greets with a page of notices about this machine; whoever wants them sets the variable.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
