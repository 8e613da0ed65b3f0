import { condition, currentUpdateInfo, defineUpdate, setHandler } from '@temporalio/workflow';
import { abortSchema, type AbortInput } from '../schemas/index.js';
import { failure, parseInput } from './failures.js';

type Told = { accepted: true };

/**
 * Gives the canary no greater share: `{"by": "…", "reason": "…"}`. Answers when that is on record. An analysis that is under way
 * takes the canary back only if it fails.
 */
export const holdUpdate = defineUpdate<Told, [AbortInput]>('hold');
/** Lets a rollout go on that was held. Takes the same. */
export const resumeUpdate = defineUpdate<Told, [AbortInput]>('resume');

/** What a hold needs of its rollout. */
export interface HoldParts {
  /** What the rollout came to, once that is decided. */
  outcome: () => string | undefined;
  /** Puts on record who held it or let it go on. @param id tells it apart from others */
  record: (id: string, action: { actor: string; action: string; reason: string }) => Promise<void>;
}

/**
 * Lets people keep a rollout where it is: the step under way is judged, and no other begins until it may go on. A step whose time ran
 * out meanwhile is judged again then.
 */
export class Hold {
  private by: string | undefined;

  constructor(private readonly parts: HoldParts) {
    const about =
      'Gives the canary no greater share; an analysis that fails still takes it back. Takes {"by", "reason"}.';
    this.takes('hold', holdUpdate, about, (by) => (this.by = by));
    this.takes(
      'resume',
      resumeUpdate,
      'Lets a held rollout go on. Takes {"by", "reason"}.',
      () => (this.by = undefined),
    );
  }

  /** Who holds it; undefined: nobody. */
  get holder(): string | undefined {
    return this.by;
  }

  /** Resolves once nobody holds it, or it is to end. */
  async over(ending: () => boolean): Promise<void> {
    await condition(() => this.by === undefined || ending());
  }

  private takes(
    name: 'hold' | 'resume',
    update: typeof holdUpdate,
    description: string,
    apply: (by: string) => void,
  ): void {
    setHandler(
      update,
      async ({ by, reason }) => {
        apply(by);
        await this.parts.record(currentUpdateInfo()?.id ?? name, { actor: by, action: name, reason });
        return { accepted: true };
      },
      {
        description,
        validator: (request) => {
          parseInput(abortSchema, request, name);
          const decided = this.parts.outcome();
          if (decided !== undefined) throw failure('INPUT_INVALID', `the rollout is over: ${decided}`);
          if (name === 'resume' && this.by === undefined) throw failure('INPUT_INVALID', 'the rollout is not held');
          if (name === 'hold' && this.by !== undefined)
            throw failure('INPUT_INVALID', `the rollout is held by ${this.by} already`);
        },
      },
    );
  }
}
