import { MillraceError, type Alert, type AlertChannel } from '../../schemas/index.js';
import { retryAfterMs } from '../retry-after.js';
import type { Secrets } from '../secrets.js';
import { signWebhook } from '../webhooks/index.js';
import { alertPayload, type LinkedAlert } from './payload.js';

/** Longest wait for an answer. */
const TIMEOUT_MS = 10_000;
/** Longest pause that the other side may ask for. */
const LONGEST_PAUSE_MS = 3_600_000;

/** What the other side said to a delivery. */
export type Sent =
  | { outcome: 'delivered'; message: string }
  /** To be tried again, at the earliest after the time that the other side asks for. */
  | { outcome: 'again'; message: string; afterMs: number }
  /** The other side will never take it. */
  | { outcome: 'refused'; message: string };

/**
 * Tells an alert on a channel, once. Redirects are not followed: they would carry the alert, and its signature, elsewhere.
 * @param id the same for each attempt, so that the receiver can know a repetition
 * @throws MillraceError SECRET_NOT_FOUND
 */
export async function sendAlert(
  channel: AlertChannel,
  alert: LinkedAlert,
  { id, secrets, timeoutMs = TIMEOUT_MS }: { id: string; secrets: Secrets; timeoutMs?: number },
): Promise<Sent> {
  const used: string[] = [];
  const secret = async (reference: string) => {
    const value = await secrets.get(reference);
    used.push(value);
    return value;
  };
  const url = channel.url.startsWith('secret:') ? await secret(channel.url) : channel.url;
  if (used.includes(url) && URL.canParse(url)) used.push(url.slice(new URL(url).origin.length));
  const routingKey = channel.kind === 'pagerduty' ? await secret(channel.routingKey) : undefined;
  const body = JSON.stringify(alertPayload(channel, alert, id, routingKey));
  const signed = channel.kind === 'webhook' && channel.secret !== undefined;
  const signature = signed ? signWebhook(await secret(channel.secret ?? ''), id, Date.now(), body) : {};
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'Millrace', ...signature },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = without(used, await answer.text())
      .replaceAll(/\s+/g, ' ')
      .slice(0, 200);
    const message = `${answer.status} ${text}`.trim();
    if (answer.ok) return { outcome: 'delivered', message };
    const again = answer.status >= 500 || answer.status === 408 || answer.status === 429;
    if (!again) return { outcome: 'refused', message };
    const askedMs = retryAfterMs(answer.headers.get('retry-after'));
    return { outcome: 'again', message, afterMs: Math.min(askedMs, LONGEST_PAUSE_MS) };
  } catch (error) {
    // The address may be a secret, so nothing of it is told.
    return { outcome: 'again', message: reasonOf(error, timeoutMs), afterMs: 0 };
  }
}

/** Shortest part of a secret that is taken out of what the other side said: a path `/` stands in many texts. */
const SHORTEST_SECRET = 6;

/** An answer may have in it what was sent: it goes on record, and secrets do not. */
function without(secrets: readonly string[], text: string): string {
  const told = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
  return told.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
}

function reasonOf(error: unknown, timeoutMs: number): string {
  const { name, cause } = error as { name?: string; cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  return `the request failed: ${cause?.code ?? cause?.message ?? name ?? 'unknown'}`;
}

/**
 * Time before the next attempt: doubled each time, between half and all of it by chance, so that many that failed together do
 * not come back together.
 * @param random from 0 to 1
 */
export function backoffMs(attempt: number, random: number): number {
  const whole = Math.min(5 * 60_000, 1000 * 2 ** (attempt - 1));
  return Math.round(whole * (0.5 + random / 2));
}

/** @throws MillraceError INPUT_INVALID for a channel that the configuration of this worker does not have */
export function findChannel(channels: readonly AlertChannel[], name: string): AlertChannel {
  const channel = channels.find((candidate) => candidate.name === name);
  if (channel !== undefined) return channel;
  throw new MillraceError('INPUT_INVALID', `there is no alert channel "${name}" in the configuration`);
}

/** Whether a channel is told of an alert. */
export function tells({ events, pipelines }: AlertChannel, { event, pipeline }: Alert): boolean {
  return events.includes(event) && (pipelines === undefined || (pipeline !== null && pipelines.includes(pipeline)));
}
