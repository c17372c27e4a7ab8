"""SaturationMonitor: the Keras callback for your own `model.fit`, and what sends its records to a service."""
