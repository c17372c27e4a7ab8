"""The web server: `python -m api.server` serves the application and bounds what connections may cost."""
