# One image for every part of Arrears: the command says which (serve, relay, worker, db upgrade, backup).
FROM python:3.11.14-slim-bookworm AS build
RUN pip install --no-cache-dir "uv==0.11.*"
WORKDIR /build
COPY pyproject.toml uv.lock hatch_build.py babel.cfg README.md CHANGELOG.md ./
COPY arrears arrears
COPY workflows workflows
COPY activities activities
COPY api api
COPY web web
ENV UV_PROJECT_ENVIRONMENT=/opt/arrears UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy
RUN uv sync --locked --no-dev --no-editable

FROM python:3.11.14-slim-bookworm
# pg_dump for `arrears backup`
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 arrears \
    && install -d -o arrears -g arrears -m 0700 /data /backups
COPY --from=build /opt/arrears /opt/arrears
ENV PATH=/opt/arrears/bin:$PATH PYTHONUNBUFFERED=1 ARREARS_DATA_DIR=/data
WORKDIR /data
USER arrears
ENTRYPOINT ["arrears"]
CMD ["--help"]
