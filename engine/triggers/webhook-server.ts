import { fastify } from 'fastify';
import type { Logger } from 'pino';
import {
  isMillraceError,
  MillraceError,
  type Pipeline,
  type TriggerEvent,
  type TriggerOf,
} from '../../schemas/index.js';
import { limitConnections, requestTimeouts, type HttpLimits } from '../http-limits.js';
import { methodsByPath } from '../http-methods.js';
import type { Secrets } from '../secrets.js';
import { verifyWebhook, type Refusal } from '../webhooks/index.js';
import { webhookEvent } from './webhook-event.js';

const BODY_LIMIT = 1024 * 1024;

export interface WebhookServerOptions extends HttpLimits {
  pipelines: readonly Pipeline[];
  secrets: Secrets;
  /** Puts an event into the inbox of a pipeline; done when it is durable. */
  deliver: (pipeline: string, event: TriggerEvent) => Promise<void>;
  /** Address to listen on. */
  host: string;
  /** Port to listen on; 0 is any free one. */
  port: number;
  /** Told of requests that failed in an unforeseen way. */
  logger?: Pick<Logger, 'error' | 'warn'>;
}

const REFUSALS: Record<Refusal, string> = {
  unsigned: 'the headers webhook-id, webhook-timestamp and webhook-signature are needed',
  untimed: 'the header webhook-timestamp must be whole seconds since 1970-01-01T00:00:00Z',
  wrong: 'the signature is wrong',
  expired: 'the time of the request is too far from now',
};

/**
 * Takes webhooks: `POST /webhooks/PIPELINE/TRIGGER`. Answers 202 once the event is durable in the inbox; 401 where the
 * signature is not believed, 404 where there is no such trigger, 400 for a body without what the trigger looks for, and 503,
 * so that the sender tries again, where the inbox cannot be reached.
 */
export async function startWebhookServer(
  options: WebhookServerOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const app = fastify({ bodyLimit: BODY_LIMIT, routerOptions: { maxParamLength: 100 }, ...requestTimeouts(options) });
  limitConnections(app, options, options.logger);
  const methodsOf = methodsByPath(app);
  app.removeAllContentTypeParsers();
  // The signature is over the bytes as they came.
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  app.get('/live', async () => ({ status: 'ok' }));
  app.post<{ Params: { pipeline: string; trigger: string } }>(
    '/webhooks/:pipeline/:trigger',
    async ({ params, headers, body }, reply) => {
      const trigger = findTrigger(options.pipelines, params.pipeline, params.trigger);
      if (trigger === undefined) return reply.status(404).send(answer('NOT_FOUND', 'there is no such webhook'));
      const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
      const secret = await options.secrets.get(trigger.secret);
      const { toleranceSeconds } = trigger;
      const verified = verifyWebhook(secret, headers, bytes, { now: Date.now(), toleranceSeconds });
      if ('refusal' in verified) {
        return reply.status(401).send(answer('WEBHOOK_REFUSED', REFUSALS[verified.refusal]));
      }
      const event = webhookEvent(trigger, verified.id, bytes.toString());
      await options.deliver(params.pipeline, event);
      return reply.status(202).send({ accepted: true, id: event.id });
    },
  );
  app.setNotFoundHandler(({ method, url }, reply) => {
    const allowed = methodsOf(url);
    if (allowed.length === 0) return reply.status(404).send(answer('NOT_FOUND', 'there is no such path'));
    const message = `the path takes ${allowed.join(', ')}, not ${method}`;
    return reply.status(405).header('allow', allowed.join(', ')).send(answer('METHOD_NOT_ALLOWED', message));
  });
  app.setErrorHandler((error, request, reply) => {
    const { code, status, message } = statusOf(error);
    if (status >= 500) options.logger?.error({ err: error, path: request.url }, 'a webhook could not be taken');
    return reply.status(status).send(answer(code, message));
  });
  try {
    const url = await app.listen({ host: options.host, port: options.port });
    return { url, close: () => app.close() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const message = `port ${options.port} of ${options.host} is taken`;
    throw new MillraceError('PORT_IN_USE', message, { cause: error });
  }
}

function findTrigger(pipelines: readonly Pipeline[], pipeline: string, name: string): TriggerOf<'webhook'> | undefined {
  const triggers = pipelines.find((candidate) => candidate.name === pipeline)?.triggers ?? [];
  return triggers.find((trigger): trigger is TriggerOf<'webhook'> => trigger.on === 'webhook' && trigger.name === name);
}

/** Senders learn what is wrong with what they sent, and nothing of what is wrong here. */
function statusOf(error: unknown): { status: number; code: string; message: string } {
  if (isMillraceError(error) && error.code === 'INPUT_INVALID') {
    return { status: 400, code: error.code, message: error.message };
  }
  const status = (error as { statusCode?: number }).statusCode ?? 503;
  if (status < 500) return { status, code: 'INPUT_INVALID', message: (error as Error).message };
  return { status: 503, code: 'INTERNAL', message: 'the event could not be taken, send it again later' };
}

function answer(code: string, message: string): { error: { code: string; message: string } } {
  return { error: { code, message } };
}
