"""An experiment as a stand-alone Keras program."""
