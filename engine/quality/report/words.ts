import { rowChecks } from '../../../schemas/checks/row-checks.js';
import type { CheckResult, QualityReport } from '../../../schemas/quality-report.js';

/** A value as JSON has it. */
export type Json = CheckResult['observed'];

/**
 * Text from data as it is safe to show anywhere: control characters, changes of writing direction and halves of surrogate pairs
 * are written as escapes, so that they neither steer a terminal nor break XML, and nobody is misled by what cannot be seen. What joins
 * several signs into one emoji is part of it.
 */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (char) => {
    const known = NAMED_ESCAPES[char];
    return known ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

const INVISIBLE =
  /[\p{Cc}\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]|\p{Surrogate}|(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d|\u200d(?!\p{Extended_Pictographic})/gu;

const NAMED_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A text of at most `length` characters, with `…` where something was cut off. */
export function shortened(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, Math.max(0, length - 1)).join('')}…`;
}

/** A value of a cell. Texts are shown as they are, but for the empty one, which could not be seen. */
export function valueText(value: Json | undefined): string {
  if (value === undefined) return '';
  if (value === '') return '""';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A whole number with its thousands apart: `3,000,000`. */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A measured number with six significant digits at most; whole numbers in full. */
export function numberText(value: number): string {
  if (Number.isSafeInteger(value)) return value < 0 ? `-${countText(-value)}` : countText(value);
  return String(Number(value.toPrecision(6)));
}

/** A share as a percentage that is 100 or 0 only where it is exactly that; finer near both ends, where the last rows count. */
export function percentText(share: number): string {
  if (share === 0 || share === 1) return `${share * 100} %`;
  const digits = share < 0.001 || share > 0.999 ? 4 : 2;
  const least = 10 ** -digits;
  return `${Math.min(100 - least, Math.max(least, share * 100)).toFixed(digits)} %`;
}

/** A length of time: `84 ms`, `2.5 s`. */
export function durationText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Types of the checks that judge rows one by one, and whose measure is the share that passes. */
const ROW_CHECKS = new Set<string>(rowChecks.flatMap(({ shape }) => [...shape.type.values]));

/** What a check measured, in words; why it has no measure, where it has none. */
export function observedText(check: CheckResult): string {
  const { observed, status, message } = check;
  if (status === 'error' || status === 'skip') return message ?? '';
  if (observed === null) return 'nothing';
  if (typeof observed !== 'number') return valueText(observed);
  return ROW_CHECKS.has(check.type) ? `${percentText(observed)} pass` : numberText(observed);
}

/** How many rows fail, of how many; empty for checks that judge no rows. */
export function failingText({ type, failing, total, status }: CheckResult): string {
  if (status === 'error' || status === 'skip') return '';
  if (failing > 0) return `${countText(failing)} of ${countText(total)}`;
  return ROW_CHECKS.has(type) ? '0' : '';
}

/** A status in a word. */
export const STATUS_WORDS: Readonly<Record<CheckResult['status'], string>> = {
  pass: 'passed',
  warn: 'warned',
  fail: 'failed',
  error: 'could not run',
  skip: 'skipped',
};

/** A sign beside the word of a status, so that neither colour nor reading is needed to find what failed. */
export const STATUS_SIGNS: Readonly<Record<CheckResult['status'], string>> = {
  pass: '✓',
  warn: '!',
  fail: '✗',
  error: '?',
  skip: '–',
};

/** How many checks came to what, in words: `12 checks: 10 passed, 1 failed, 1 could not run`. */
export function tallyText({ checks }: Pick<QualityReport, 'checks'>): string {
  const statuses = ['pass', 'warn', 'fail', 'error', 'skip'] as const;
  const parts = statuses
    .map((status) => [checks.filter((check) => check.status === status).length, STATUS_WORDS[status]] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`);
  return `${checks.length} ${checks.length === 1 ? 'check' : 'checks'}: ${parts.join(', ')}`;
}
