from django.urls import path

from workflows.api import run_stream, runs, templates, versions

WORKFLOW = "tenants/<slug:slug>/workflows/<str:id>/"
VERSION = f"{WORKFLOW}versions/<str:number>/"
RUN = "tenants/<slug:slug>/runs/<str:id>/"

urlpatterns = [
    path("gallery/", templates.Gallery.as_view()),
    path("workflow-schema/", templates.SpecSchema.as_view()),
    path("tenants/<slug:slug>/workflows/", templates.Templates.as_view()),
    path("tenants/<slug:slug>/workflows/validate/", versions.SpecValidation.as_view()),
    path("tenants/<slug:slug>/permissions/", templates.Rights.as_view()),
    path(WORKFLOW, templates.TemplateView.as_view()),
    path(f"{WORKFLOW}permissions/", templates.TemplatePermissions.as_view()),
    path(f"{WORKFLOW}versions/", versions.Versions.as_view()),
    path(VERSION, versions.VersionView.as_view()),
    path(f"{VERSION}validate/", versions.VersionValidation.as_view()),
    path(f"{VERSION}publish/", versions.VersionPublication.as_view()),
    path(f"{VERSION}retire/", versions.VersionRetirement.as_view()),
    path("tenants/<slug:slug>/runs/", runs.Runs.as_view()),
    path(RUN, runs.RunView.as_view()),
    path(f"{RUN}cancel/", runs.RunCancellation.as_view()),
    path(f"{RUN}retry/", runs.RunRetry.as_view()),
    path(f"{RUN}events/", runs.RunEvents.as_view()),
    path(f"{RUN}events/stream/", run_stream.RunEventStream.as_view()),
    path(f"{RUN}artifacts/", runs.RunArtifacts.as_view()),
    path(f"{RUN}artifacts/<str:name>/", runs.RunArtifact.as_view()),
]
