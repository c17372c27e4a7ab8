"""The groups that operations stand in."""

TAGS = {
    "experiments": "Submit, read, change, stop and go on.",
    "measurements": "What was measured after each epoch.",
    "events": "Status changes and epochs as they happen.",
    "diagnosis": "What is wrong, what may help, and whether it did.",
    "artifacts": "The trained model, its program, its predictions.",
    "sweeps": "One question over many experiments.",
    "catalogue": "What can be asked for.",
    "fleet": "Queues and workers.",
    "keys": "Who may ask, and for what.",
    "health": "Whether the service is well.",
}
