from django.urls import path

from toolserver.host.api.views import credentials, models, previews, tools

urlpatterns = [
    path("tenants/<slug:slug>/approvals/<str:id>/calls/<str:call>/preview/", previews.PlannedCallPreview.as_view()),
    path("tenants/<slug:slug>/credentials/", credentials.Credentials.as_view()),
    path("tenants/<slug:slug>/credentials/<str:id>/", credentials.CredentialView.as_view()),
    path("tenants/<slug:slug>/models/", models.Models.as_view()),
    path("tenants/<slug:slug>/models/<str:alias>/", models.ModelView.as_view()),
    path("tenants/<slug:slug>/models/<str:alias>/test/", models.ModelTest.as_view()),
    path("tenants/<slug:slug>/tools/", tools.Tools.as_view()),
    path("tenants/<slug:slug>/tool-calls/", tools.ToolCalls.as_view()),
    path("tenants/<slug:slug>/tool-calls/<str:id>/", tools.ToolCall.as_view()),
    path("tenants/<slug:slug>/tool-calls/<str:id>/resolution/", tools.ToolCallResolution.as_view()),
]
