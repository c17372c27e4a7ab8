"""`python -m satnet.cli`."""

from satnet.cli import main

main()
