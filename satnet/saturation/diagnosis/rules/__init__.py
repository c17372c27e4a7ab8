"""The rules, in files by cause: input, initialization, loss, learning rate, saturation, gradients, outcome."""
