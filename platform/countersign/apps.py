import gc
import logging

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate


class KernelConfig(AppConfig):
    name = "countersign"
    verbose_name = "Countersign"
    #: A request or a turn leaves little that only the collector finds, and makes thousands of objects: by Python's own
    #: measure (700) it would look through them a dozen times each.
    COLLECT_EVERY = 10_000, 20, 50

    def ready(self) -> None:
        from countersign.broker import configure_broker
        from countersign.database.privileges import apply_privileges
        from countersign.jsons import write_json_so
        from countersign.logs import configure_logs
        from countersign.outages import SaidOnce

        configure_logs(process=settings.ENVIRONMENT.process, level=settings.ENVIRONMENT.log_level)
        logging.getLogger().handlers[0].addFilter(SaidOnce())
        configure_broker()
        write_json_so()
        gc.set_threshold(*self.COLLECT_EVERY)
        post_migrate.connect(apply_privileges, dispatch_uid="countersign.privileges")
