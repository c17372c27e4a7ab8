"""Keras and TensorFlow live here, and nowhere else."""
