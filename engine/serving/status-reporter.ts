import type { ModelServerStatus } from '../../schemas/index.js';
import type { ReportStatus, ServingLogger } from './model-source.js';

/** Time between two reports, in milliseconds. */
const REPORT_MS = 1_000;

/** Reports a server's status each second and on each change, one report at a time. A failure is logged and no more. */
export class StatusReporter {
  readonly #options: { report: ReportStatus; status: () => ModelServerStatus; logger: ServingLogger };
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<void> | undefined;
  #again = false;
  #failing = false;
  #closed = false;

  constructor(options: { report: ReportStatus; status: () => ModelServerStatus; logger: ServingLogger }) {
    this.#options = options;
  }

  /** Reports now, or after the report that is under way. */
  changed(): void {
    if (this.#closed) return;
    if (this.#underWay !== undefined) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#again = false;
    this.#underWay = this.#report().then(() => {
      this.#underWay = undefined;
      if (this.#closed) return;
      if (this.#again) this.changed();
      else this.#timer = setTimeout(() => this.changed(), REPORT_MS);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#underWay;
  }

  async #report(): Promise<void> {
    try {
      await this.#options.report(this.#options.status());
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#options.logger.warn({ err: error }, 'status could not be reported');
      this.#failing = true;
    }
  }
}
