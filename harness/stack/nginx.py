"""nginx as a streaming reverse proxy: its configuration and command line."""

import os
from pathlib import Path

from harness.stack.binaries import find_binary

# A temporary file of nginx goes into the folder it was given, for its compiled-in ones belong to the
# system's own nginx.
_FRAME = """\
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log warn;
events {{
    worker_connections 8192;
}}
http {{
    access_log off;
    client_body_temp_path {folder}/client-body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{http}}}
"""

# proxy_buffering off hands on what comes as it comes; without HTTP/1.1 and an empty Connection header
# nginx would open a connection per request.
_STREAMING = """\
    client_max_body_size 16m;
    large_client_header_buffers 4 64k;
    keepalive_requests 1000000;
    upstream provider {{
        server {address};
        keepalive 1024;
        keepalive_requests 1000000;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location / {{
            proxy_pass http://provider;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_buffering off;
            proxy_request_buffering off;
            proxy_connect_timeout 5s;
            proxy_read_timeout 60s;
        }}
    }}
"""


def find() -> Path | None:
    """The installed nginx, if any."""
    return find_binary("nginx")


def config(listen_port: int, upstream: tuple[str, int], folder: Path) -> str:
    """What nginx is to do; all that it writes goes into `folder`."""
    return frame(_STREAMING.format(port=listen_port, address="{}:{}".format(*upstream)), folder)


def frame(http: str, folder: Path) -> str:
    """A whole configuration around `http`, whole lines that say who listens and what is passed on where."""
    return _FRAME.format(folder=folder, http=http)


def command(config_path: Path) -> list[str]:
    """How to start it in the foreground with the configuration file in its folder."""
    # Started by root, the worker would become nobody and could not enter a folder that is root's own.
    user = " user root;" if os.geteuid() == 0 else ""
    folder = config_path.parent
    binary = str(find() or "nginx")
    early_log = str(folder / "nginx-error.log")
    return [binary, "-p", str(folder), "-c", str(config_path), "-e", early_log, "-g", f"daemon off;{user}"]
