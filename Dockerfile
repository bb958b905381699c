# genreclf for anyone: it answers and explains, and does not train. See docs/serving.md.
#
#     docker build -t genreclf .
#     docker run --read-only --tmpfs /tmp --memory 1g -p 8501:8501 genreclf

FROM python:3.12-slim-bookworm AS packages
COPY deploy/requirements.txt requirements.lock /
RUN python -m venv --without-pip /venv \
 && pip --python /venv/bin/python install --no-cache-dir --disable-pip-version-check \
    -r /requirements.txt -c /requirements.lock

FROM python:3.12-slim-bookworm
RUN useradd --uid 1000 --no-create-home --home-dir /tmp genreclf
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
RUN /venv/bin/python -m compileall -q genreclf pages streamlit_app.py
# All that is written goes to /tmp: prepared arrays and thumbnails of the sample, never what a visitor gives.
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 HOME=/tmp GENRECLF_HOME=/tmp/genreclf GENRECLF_PUBLIC=1 PORT=8501 \
    FORWARDED_ALLOW_IPS=*
USER 1000
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import os, urllib.request as http; http.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/_stcore/health', timeout=4)"]
CMD ["sh", "-c", "exec streamlit run streamlit_app.py --server.address 0.0.0.0 --server.port \"$PORT\""]
