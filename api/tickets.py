"""Wake-up calls to workers, sent from a thread of their own so that no request waits for the broker."""

from satnet.service.broker import TicketSender

_tickets = TicketSender()


def wake(queue: str) -> None:
    """Tell one worker, soon, that an experiment waits in `queue`."""
    _tickets.send(queue)
