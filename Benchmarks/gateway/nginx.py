# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""nginx as the backend, and as a reverse proxy before it."""

from __future__ import annotations

from pathlib import Path

from background import Background
from mcp_server import ANSWER_BYTES, call_result

CONFIGURATION = """\
daemon off;
master_process off;
worker_rlimit_nofile 16384;
error_log stderr error;
pid {directory}/nginx-{port}.pid;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
{servers}
}}
"""
# Whatever is posted, as long as it comes with a token; the id of all requests is 1.
BACKEND = """\
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    default_type application/json;
    location / {{
      if ($http_authorization = "") {{ return 401; }}
      return 200 {answer};
    }}
  }}
"""
PROXY = """\
  upstream backend {{ server 127.0.0.1:{backend}; keepalive 128; keepalive_requests 1000000000; keepalive_timeout 1h; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }}
  }}
"""


def backend_server(port: int) -> str:
    answer = call_result(1).decode()
    assert "'" not in answer and len(answer) == ANSWER_BYTES
    return BACKEND.format(port=port, answer=f"'{answer}'")


def proxy_server(port: int, backend: int) -> str:
    return PROXY.format(port=port, backend=backend)


def nginx(name: str, directory: Path, port: int, *servers: str) -> Background:
    """One process with these servers, of which one listens on the port."""
    path = directory / f"{name}-{port}.conf"
    path.write_text(CONFIGURATION.format(directory=directory, port=port, servers="".join(servers)))
    return Background(name, ["nginx", "-e", "stderr", "-p", directory, "-c", path], port, directory)

