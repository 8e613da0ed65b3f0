import { CancellationScope, defineUpdate, setHandler } from '@temporalio/workflow';
import { abortSchema, type AbortInput } from '../schemas/index.js';
import { failure, parseInput } from './failures.js';

/** Takes the canary back: `{"by": "…", "reason": "…"}`. Answers when the rollout has been told to stop. */
export const abortUpdate = defineUpdate<{ accepted: true }, [AbortInput]>('abort');

/** Lets people stop a rollout: one abort is accepted, for as long as the outcome is open. */
export class Abort {
  private request: AbortInput | undefined;
  private readonly requested: Promise<void>;

  /** @param outcome what the rollout came to, once that is decided */
  constructor(outcome: () => string | undefined) {
    let tell = (): void => undefined;
    this.requested = new Promise((resolve) => (tell = resolve));
    setHandler(
      abortUpdate,
      (request) => {
        this.request = request;
        tell();
        return { accepted: true };
      },
      {
        description: 'Takes the canary back. Takes {"by", "reason"}.',
        validator: (request) => {
          parseInput(abortSchema, request, 'abort');
          if (this.request !== undefined) throw failure('INPUT_INVALID', `the rollout was ${this.reason} already`);
          const decided = outcome();
          if (decided !== undefined) throw failure('INPUT_INVALID', `the rollout is over: ${decided}`);
        },
      },
    );
  }

  /** Who aborted, for the record; nothing if nobody did. */
  get actions(): { actor: string; action: string; reason: string }[] {
    if (this.request === undefined) return [];
    const { by: actor, reason } = this.request;
    return [{ actor, action: 'abort', reason }];
  }

  /** Who aborted and why; undefined if nobody did. */
  get reason(): string | undefined {
    return this.request && `aborted by ${this.request.by}: ${this.request.reason}`;
  }

  /** Does work until it is done or somebody aborts: then it is cancelled, not waited for, and the result is undefined. */
  async unlessAborted<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.request !== undefined) return undefined;
    const scope = new CancellationScope();
    const result = await Promise.race([scope.run(work), this.requested]);
    // Both may have come at the same moment: what was accepted is done.
    if (this.request === undefined) return result as T;
    scope.cancel();
    return undefined;
  }
}
