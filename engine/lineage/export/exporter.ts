import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type {
  DeadLetterSummary,
  ExportStatus,
  ExportTarget,
  OpenLineageRunEvent,
  Resent,
} from '../../../schemas/index.js';
import { retryAfterMs } from '../../retry-after.js';
import type { LineageStore } from '../lineage-store.js';
import { meaningOf, pauseMs } from './answers.js';
import { DeadLetters, type DeadLetter } from './dead-letters.js';
import { eventsAfter } from './event-source.js';

/** Runs that are told at once; the events of one run go one after the other. */
const RUNS_AT_ONCE = 4;
/** How often it is looked for new records, in milliseconds. */
const LOOK_EVERY_MS = 250;
/** How often the cursor is saved at most: what a kill undoes is sent once more, as the same events. */
const SAVE_EVERY_MS = 1000;
const ANSWER_KEPT = 1000;

export interface ExporterOptions {
  name: string;
  target: ExportTarget;
  store: LineageStore;
  /** File for events that the receiver refuses. */
  deadLetters: string;
  /** Resolves the reference to the token. */
  secret: (reference: string) => Promise<string>;
  logger?: Pick<Logger, 'error' | 'warn'> | undefined;
}

/** Tells one receiver of all that is recorded, from the cursor on. */
export class Exporter {
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;
  private sent = 0;
  private saved = 0;
  private savedAt = 0;
  private lastError: ExportStatus['lastError'] = null;
  private readonly deadLetters: DeadLetters;

  constructor(private readonly options: ExporterOptions) {
    this.deadLetters = new DeadLetters(options.deadLetters);
    this.running = this.run();
  }

  async status(): Promise<ExportStatus> {
    const { name, target, store, deadLetters } = this.options;
    const behind = Math.max(0, store.head().sequence - this.sent);
    const state = this.lastError !== null ? 'waiting' : behind > 0 ? 'sending' : 'up_to_date';
    const { sent, lastError } = this;
    const refused = await this.deadLetters.count();
    return { name, url: target.url, state, sent, behind, refused, deadLetters, lastError };
  }

  /** A page of the events that were put aside, oldest first. */
  async putAside({
    limit,
    offset,
  }: {
    limit: number;
    offset: number;
  }): Promise<{ total: number; letters: DeadLetterSummary[] }> {
    const all = await this.deadLetters.all();
    const letters = all.slice(offset, offset + limit).map(({ at, status, answer, event }): DeadLetterSummary => {
      const { eventType = null, eventTime, run, job } = event;
      return { at, status, answer, eventType, eventTime, runId: run.runId, job: job.name };
    });
    return { total: all.length, letters };
  }

  /** Sends events that were put aside once more, oldest first; ends early where the receiver does not answer. */
  async resend(limit: number): Promise<Resent> {
    let stopped: string | null = null;
    const counts = await this.deadLetters.resend(async ({ event }) => {
      const { status, answer } = await this.post(event);
      const meaning = status === null ? 'later' : meaningOf(status);
      if (meaning === 'accepted') return meaning;
      if (meaning !== 'later' && status !== null) return letterOf(status, answer, event);
      stopped = status === null ? answer : `status ${status}: ${answer}`;
      return 'later';
    }, limit);
    return { ...counts, stopped };
  }

  /** Ends after the attempt under way, and saves how far it came. */
  async end(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    await this.untilItWorks(() => this.begin());
    while (!signal.aborted) {
      const { sequence: head } = this.options.store.head();
      if (head > this.sent) await this.untilItWorks(() => this.tellPage(head));
      await this.untilItWorks(() => this.save());
      if (this.options.store.head().sequence <= this.sent) await this.pause(LOOK_EVERY_MS);
    }
    await this.save(true).catch((error: unknown) => this.options.logger?.error({ err: error }, 'cursor not saved'));
  }

  private async begin(): Promise<void> {
    const { name, target, store } = this.options;
    const [row] = await store.read<{ sequence: number }>('SELECT sequence FROM export_cursors WHERE name = $1', [name]);
    this.sent = this.saved = row?.sequence ?? (target.from === 'now' ? store.head().sequence : 0);
    if (row === undefined) await store.saveExportCursor(name, this.sent);
  }

  /** Tells of the next page; the cursor moves when all of it was taken or put aside. */
  private async tellPage(head: number): Promise<void> {
    const { upTo, runs } = await eventsAfter(this.options.store.read, this.sent, head);
    const waiting = [...runs];
    const tellRuns = async () => {
      for (let events = waiting.shift(); events !== undefined; events = waiting.shift()) {
        for (const event of events) await this.tell(event);
      }
    };
    await Promise.all(Array.from({ length: Math.min(RUNS_AT_ONCE, runs.length) }, tellRuns));
    if (!this.stopping.signal.aborted) this.sent = upTo;
  }

  /** Resolves when the receiver has the event, when it is put aside, or when this is to end. */
  private async tell(event: OpenLineageRunEvent): Promise<void> {
    const { target, name, logger } = this.options;
    const started = Date.now();
    for (let failures = 1; !this.stopping.signal.aborted; failures += 1) {
      const { status, answer, askedMs } = await this.post(event);
      const meaning = status === null ? 'later' : meaningOf(status);
      if (meaning === 'accepted') {
        this.lastError = null;
        return;
      }
      const tooLong = Date.now() - started > target.giveUpAfterSeconds * 1000;
      if (status !== null && (meaning === 'refused' || (meaning === 'server_error' && tooLong))) {
        await this.deadLetters.add(letterOf(status, answer, event));
        logger?.error({ export: name, status, answer }, 'an event was refused and put aside');
        return;
      }
      this.failed(status === null ? answer : `status ${status}: ${answer}`);
      await this.pause(pauseMs(failures, Math.random(), askedMs));
    }
  }

  private async post(event: OpenLineageRunEvent): Promise<{ status: number | null; answer: string; askedMs: number }> {
    const { target, secret } = this.options;
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    this.stopping.signal.addEventListener('abort', stop, { once: true });
    const slow = new Error(`no answer within ${target.timeoutSeconds} s`);
    const timer = setTimeout(() => attempt.abort(slow), target.timeoutSeconds * 1000);
    try {
      const token = target.token === undefined ? undefined : await secret(target.token);
      const response = await fetch(target.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify(event),
        redirect: 'manual',
        signal: attempt.signal,
      });
      const answer = (await response.text()).slice(0, ANSWER_KEPT);
      return {
        status: response.status,
        answer,
        askedMs: retryAfterMs(response.headers.get('retry-after')),
      };
    } catch (error) {
      return { status: null, answer: reasonOf(error), askedMs: 0 };
    } finally {
      clearTimeout(timer);
      this.stopping.signal.removeEventListener('abort', stop);
    }
  }

  private async save(now = false): Promise<void> {
    if (this.sent === this.saved || (!now && Date.now() - this.savedAt < SAVE_EVERY_MS)) return;
    const { sent } = this;
    await this.options.store.saveExportCursor(this.options.name, sent);
    this.saved = sent;
    this.savedAt = Date.now();
  }

  private async untilItWorks(work: () => Promise<void>): Promise<void> {
    for (let failures = 1; !this.stopping.signal.aborted; failures += 1) {
      try {
        await work();
        this.lastError = null;
        return;
      } catch (error) {
        this.failed(reasonOf(error));
        await this.pause(pauseMs(failures, Math.random()));
      }
    }
  }

  private failed(message: string): void {
    if (this.stopping.signal.aborted) return;
    const { name, logger } = this.options;
    if (this.lastError === null) logger?.warn({ export: name, reason: message }, 'events wait for their receiver');
    this.lastError = { message, at: new Date().toISOString() };
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
  }
}

/** Node hides the reason of a failed fetch in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}

function letterOf(status: number, answer: string, event: OpenLineageRunEvent): DeadLetter {
  return { at: new Date().toISOString(), status, answer, event };
}
