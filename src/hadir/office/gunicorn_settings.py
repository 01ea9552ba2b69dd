"""What gunicorn is told wherever the office runs: `--config python:hadir.office.gunicorn_settings`."""

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
