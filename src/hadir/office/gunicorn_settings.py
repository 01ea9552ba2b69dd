"""What gunicorn is told wherever the office runs: `--config python:hadir.office.gunicorn_settings`."""

import os

WORKERS_MAX = 8

#: As many as there are cores, within what MemoryMax= of the unit bears.
workers = max(2, min(len(os.sched_getaffinity(0)), WORKERS_MAX))
#: Read once, and shared by all of them: a worker that ended is back at once, and none reads the whole office again.
preload_app = True
timeout = 60
#: One request on each connection: those of two people never share one.
keepalive = 0
threads = 16
graceful_timeout = 10
loglevel = "warning"
control_socket_disable = True
#: What the front lets through is not refused here, in other words.
limit_request_line = 8_190
limit_request_field_size = 16_384
limit_request_fields = 1_000
