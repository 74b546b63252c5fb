from countersign.doorbells.services import ring_again
from countersign.scheduling import duty


@duty(every=0.5)
def ring_for_what_waits() -> None:
    """Redis may have lost a message, and what is due later was never rung for."""
    ring_again()
