# syntax=docker/dockerfile:1
# Two images: `runtime` for every process that needs Node alone, `training` with Python for trainers.
# Debian, not Alpine: the native parts of Temporal, DuckDB and ONNX Runtime are built against glibc.

FROM node:22.23.2-bookworm-slim AS base
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app

# What runs. No package of these needs its install script: native code comes inside platform packages.
FROM base AS dependencies
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/var/cache/npm npm ci --cache /var/cache/npm --omit=dev --ignore-scripts --no-audit
# Libraries for other systems are half of the size.
RUN rm -rf node_modules/onnxruntime-node/bin/napi-v*/darwin \
  node_modules/onnxruntime-node/bin/napi-v*/win32 \
  node_modules/onnxruntime-node/bin/napi-v*/linux/arm64 \
  node_modules/@temporalio/core-bridge/releases/aarch64-* \
  node_modules/@temporalio/core-bridge/releases/*-apple-darwin \
  node_modules/@temporalio/core-bridge/releases/*-windows-msvc

FROM base AS build
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/var/cache/npm npm ci --cache /var/cache/npm --ignore-scripts --no-audit
COPY tsconfig.json tsconfig.build.json index.ts ./
COPY schemas schemas
COPY workflows workflows
COPY activities activities
COPY engine engine
COPY workers workers
COPY client client
COPY cli cli
RUN npm run build

FROM base AS runtime
ENV NODE_ENV=production \
  MILLRACE_DATA_DIR=/var/lib/millrace \
  MILLRACE_CACHE=/var/lib/millrace/cache
# A new volume takes over owner and mode of the folder that it is mounted on.
RUN install --directory --owner=node --group=node /var/lib/millrace /var/lib/millrace/store
COPY --from=dependencies /app/node_modules node_modules
# The data of the shipped pipeline; its package is needed for development alone.
COPY --from=build /app/node_modules/vega-datasets/package.json /app/node_modules/vega-datasets/datapackage.json node_modules/vega-datasets/
COPY --from=build /app/node_modules/vega-datasets/data/flights-3m.parquet node_modules/vega-datasets/data/
COPY --from=build /app/dist dist
COPY package.json LICENSE millrace.config.ts ./
COPY pipelines pipelines
COPY deploy/healthchecks deploy/healthchecks
USER node
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["--help"]

FROM runtime AS training
USER root
RUN apt-get update \
  && apt-get install --yes --no-install-recommends python3 python3-venv \
  && rm -rf /var/lib/apt/lists/* \
  && install --directory --owner=node --group=node /var/lib/millrace/tmp
# /tmp is memory; the packages of a trainer are unpacked on disk.
ENV PYTHONDONTWRITEBYTECODE=1 \
  PIP_NO_CACHE_DIR=1 \
  TMPDIR=/var/lib/millrace/tmp
USER node
