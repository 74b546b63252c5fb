from django.urls import path

from workflows.api import run_stream, runs

RUN = "tenants/<slug:slug>/runs/<str:id>/"

urlpatterns = [
    path("tenants/<slug:slug>/runs/", runs.Runs.as_view()),
    path(RUN, runs.RunView.as_view()),
    path(f"{RUN}cancel/", runs.RunCancellation.as_view()),
    path(f"{RUN}retry/", runs.RunRetry.as_view()),
    path(f"{RUN}events/", runs.RunEvents.as_view()),
    path(f"{RUN}events/stream/", run_stream.RunEventStream.as_view()),
    path(f"{RUN}artifacts/", runs.RunArtifacts.as_view()),
    path(f"{RUN}artifacts/<str:name>/", runs.RunArtifact.as_view()),
]
