from countersign.doorbells.services import ring_again, ring_for_due
from countersign.scheduling import duty


@duty(every=0.25)
def ring_for_what_is_due() -> None:
    ring_for_due()


@duty(every=0.5)
def ring_for_what_waits() -> None:
    """Redis may have lost a message."""
    ring_again()
