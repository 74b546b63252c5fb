"""Metrics in Prometheus' format. No label names a tenant, a person or an id."""

from prometheus_client import Histogram

HTTP_SECONDS = Histogram("countersign_http_request_seconds", "Time to answer a request, until its headers are sent.",
                         ["method", "route", "status"],
                         buckets=(.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10))
