import { isMillraceError } from '../../schemas/errors.js';
import type { TargetOptions } from '../options.js';
import type { Target } from '../target.js';

/** What one look at the installation came to. */
export interface CheckResult {
  /** What was looked at. */
  name: string;
  /** warning: works, or is not needed yet; failed: something that is needed or asked for does not work. */
  status: 'ok' | 'warning' | 'failed' | 'fixed';
  /** What was found. */
  message: string;
  /** The command or step that mends it; null where nothing is to be mended. */
  remedy: string | null;
}

/** What a check may use. */
export interface CheckContext {
  options: TargetOptions & { config?: string; fix?: boolean };
  target: Target;
  env: NodeJS.ProcessEnv;
  onProgress: (message: string) => void;
}

export type Check = (context: CheckContext) => Promise<CheckResult[]>;

export const ok = (name: string, message: string): CheckResult => ({ name, status: 'ok', message, remedy: null });

export const fixed = (name: string, message: string): CheckResult => ({ name, status: 'fixed', message, remedy: null });

export const warning = (name: string, message: string, remedy: string): CheckResult => ({
  name,
  status: 'warning',
  message,
  remedy,
});

export const failed = (name: string, message: string, remedy: string): CheckResult => ({
  name,
  status: 'failed',
  message,
  remedy,
});

/** A thrown value as a failed check. */
export function failedWith(name: string, error: unknown): CheckResult {
  if (isMillraceError(error)) return failed(name, `${error.code}: ${error.message}`, error.remedy);
  return failed(name, error instanceof Error ? error.message : String(error), 'See the message.');
}
