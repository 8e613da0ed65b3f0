import type { AuditorCheck, AuditorInput, Gap } from '../schemas/index.js';

/** A page of a check to go through. */
export interface AuditPageInput extends Pick<AuditorInput, 'dryRun' | 'graceSeconds' | 'lostAfterSeconds'> {
  check: AuditorCheck;
  /** Executions that ended before are left out. */
  since: string | null;
  /** `next` of the page before; null: the first. */
  cursor: string | null;
}

/** A gap, and what mends it; without that a person has to look. */
export type FoundGap = Omit<Gap, 'state'> & { mend?: () => Promise<unknown> };

/** What a page of a check came to. */
export interface CheckedPage {
  checked: number;
  found: FoundGap[];
  /** To be given with the next call; null: the check is done. */
  next: string | null;
}
