from django.apps import AppConfig


class ToolserverHostConfig(AppConfig):
    name = "toolserver.host"
    label = "toolserver"
