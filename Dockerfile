# The same `make setup` as on a laptop, in an image. Data lives on the volume under /data.
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install -y --no-install-recommends make libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home panic

WORKDIR /app
ENV PYTHONUNBUFFERED=1

# Dependencies first: they change less often than the code.
COPY Makefile requirements.txt ./
RUN make .venv/.requirements

COPY . .
RUN make setup && rm -f var/panic.sqlite3* var/first-admin.json var/secret_key

ENV PANIC_DATA_DIR=/data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD [".venv/bin/python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"PANIC_PORT\") or 8000}/healthz', timeout=4)"]
CMD ["deploy/start"]
