import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import {
  type ErrorCode,
  formatPredictionId,
  MillraceError,
  type ModelServerStatus,
  isMillraceError,
} from '../../schemas/index.js';
import { limitConnections, requestTimeouts, type HttpLimits } from '../http-limits.js';
import { methodsByPath } from '../http-methods.js';
import type { Endpoint, EndpointFollower } from './endpoint-follower.js';
import type { Answer, EndpointRouter } from './endpoint-router.js';
import { type InferRequest, parseInferRequest } from './infer-request.js';
import type { ServedState } from './served-state.js';
import type { ServingLogger } from './model-source.js';
import type { ServingMetrics } from './serving-metrics.js';
import type { ServedVersion } from './version-pool.js';

/** Largest body of a request, in bytes. */
const BODY_LIMIT = 16 * 1024 * 1024;

const PLATFORM = 'onnx_onnxv1';

const STATUS_CODES: Partial<Record<ErrorCode, number>> = {
  INPUT_INVALID: 400,
  NOT_FOUND: 404,
  ENDPOINT_UNKNOWN: 404,
  MODEL_NOT_FOUND: 404,
  MODEL_SERVER_UNAVAILABLE: 503,
};

export interface InferenceApiOptions extends HttpLimits {
  serverVersion: string;
  follower: EndpointFollower;
  router: EndpointRouter;
  metrics: ServingMetrics;
  status: () => ModelServerStatus;
  logger: ServingLogger;
}

interface ModelParams {
  model: string;
  version?: string;
}

/**
 * The Open Inference Protocol v2 over REST, with the repository index of Triton, metrics and statistics. An endpoint is
 * a model to clients. Errors are `{error, code}`.
 * https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 */
export function createInferenceApi(options: InferenceApiOptions): FastifyInstance {
  const { follower, router, metrics } = options;
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    routerOptions: { ignoreTrailingSlash: true },
    ...requestTimeouts(options),
  });
  limitConnections(app, options, options.logger);
  // Clients that name no type, or that of forms as curl does, send JSON all the same.
  app.addContentTypeParser('*', { parseAs: 'string' }, app.getDefaultJsonParser('error', 'ignore'));
  const methodsOf = methodsByPath(app);

  const endpointOf = (name: string): Endpoint => {
    const endpoint = follower.endpoint(name);
    if (endpoint === undefined) throw new MillraceError('ENDPOINT_UNKNOWN', `no endpoint ${name} is being served`);
    return endpoint;
  };
  const servedOf = (name: string): ServedState => {
    const { served, error } = endpointOf(name);
    if (served !== null) return served;
    throw new MillraceError(
      'MODEL_SERVER_UNAVAILABLE',
      `${name} is not loaded${error === null ? ' yet' : `: ${error.message}`}`,
    );
  };
  const infer = async ({ model, version }: ModelParams, body: unknown): Promise<object> => {
    const state = servedOf(model);
    const request = parseInferRequest(body);
    return state.use(async (served) => {
      const answer =
        version === undefined
          ? await router.answer(served, request)
          : await router.answerExplicitly(served, versionOf(served, version), request);
      return responseOf(served, request, answer);
    });
  };
  const index = (): object[] => follower.endpoints.flatMap(indexEntries);

  app.get('/v2', () => ({
    name: 'millrace',
    version: options.serverVersion,
    extensions: ['model_repository', 'statistics', 'prometheus'],
  }));
  app.get('/v2/health/live', () => ({ live: true }));
  app.get('/v2/health/ready', (_request, reply) => {
    const { ready } = follower;
    return reply.code(ready ? 200 : 503).send({ ready });
  });
  for (const path of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
    app.get<{ Params: ModelParams }>(path, ({ params }) => metadata(servedOf(params.model), params.version));
    app.get<{ Params: ModelParams }>(`${path}/ready`, ({ params }, reply) => {
      const { name, served } = endpointOf(params.model);
      const ready =
        served !== null && (params.version === undefined ? served.stable !== null : has(served, params.version));
      return reply.code(ready ? 200 : 503).send({ name, ready });
    });
    app.post<{ Params: ModelParams }>(`${path}/infer`, ({ params, body }) => infer(params, body));
  }
  // The protocol's extension asks by POST; people ask by GET.
  app.get('/v2/repository/index', index);
  app.post('/v2/repository/index', index);
  app.get('/stats', () => options.status());
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );

  // Clients keep connections open; those with a request under way at the close are told to let go after its answer.
  let closing = false;
  app.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) void reply.header('connection', 'close');
    done();
  });

  app.setNotFoundHandler(({ method, url }, reply) => {
    const allowed = methodsOf(url).join(', ');
    if (allowed === '') {
      return reply.code(404).send({ error: `there is nothing at ${method} ${url}`, code: 'NOT_FOUND' });
    }
    const error = `${url} takes ${allowed}, not ${method}`;
    return reply.code(405).header('allow', allowed).send({ error, code: 'METHOD_NOT_ALLOWED' });
  });
  app.setErrorHandler((error, { method, url }, reply) => {
    if (isMillraceError(error)) {
      return reply.code(STATUS_CODES[error.code] ?? 500).send({ error: error.message, code: error.code });
    }
    const { statusCode = 500, message } = error as { statusCode?: number; message: string };
    if (statusCode < 500) return reply.code(statusCode).send({ error: message, code: 'INPUT_INVALID' });
    options.logger.error({ err: error, method, url }, 'request failed unexpectedly');
    return reply.code(500).send({ error: message, code: 'INTERNAL' });
  });
  return app;
}

function responseOf(served: ServedState, request: InferRequest, { scores, arm, version }: Answer): object {
  const predictionId = formatPredictionId(served.state, version.ref, Date.now(), randomUUID().slice(-12));
  return {
    model_name: served.state.endpoint,
    model_version: String(version.ref.version),
    ...(request.id === undefined ? {} : { id: request.id }),
    parameters: {
      prediction_id: predictionId,
      arm,
      generation: served.state.generation,
      model_digest: version.ref.digest,
    },
    outputs: [{ name: 'score', datatype: 'FP32', shape: [scores.length], data: Array.from(scores) }],
  };
}

function has(served: ServedState, version: string): boolean {
  return served.arms.some((arm) => String(arm.version.ref.version) === version);
}

function versionOf(served: ServedState, version: string): ServedVersion {
  const found = served.arms.find((arm) => String(arm.version.ref.version) === version);
  if (found !== undefined) return found.version;
  const versions = served.arms.map((arm) => arm.version.ref.version).join(', ') || 'none';
  throw new MillraceError(
    'MODEL_NOT_FOUND',
    `${served.state.endpoint} does not serve version ${version}; it serves ${versions}`,
  );
}

function metadata(served: ServedState, version: string | undefined): object {
  const { endpoint } = served.state;
  if (served.stable === null) throw new MillraceError('MODEL_SERVER_UNAVAILABLE', `${endpoint} has no stable version`);
  const { signature } = version === undefined ? served.stable : versionOf(served, version);
  return {
    name: endpoint,
    versions: served.arms.map((arm) => String(arm.version.ref.version)),
    platform: PLATFORM,
    inputs: signature.inputs.map(({ name, datatype }) => ({ name, datatype, shape: [-1, 1] })),
    outputs: [{ name: 'score', datatype: 'FP32', shape: [-1] }],
  };
}

function indexEntries({ name, served, error }: Endpoint): object[] {
  if (served === null) return [{ name, state: 'UNAVAILABLE', reason: error?.message ?? 'loading' }];
  if (served.stable === null) return [{ name, state: 'UNAVAILABLE', reason: 'retired' }];
  return served.arms.map(({ arm, version }) => ({
    name,
    version: String(version.ref.version),
    state: 'READY',
    reason: arm,
  }));
}
