from django.apps import AppConfig


class DoorbellsConfig(AppConfig):
    name = "countersign.doorbells"
    label = "doorbells"
