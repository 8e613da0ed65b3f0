import { kindOf, type ColumnKind } from '../column-kind.js';
import { Misfit } from '../literals.js';
import type { CheckState, TallyState } from '../states.js';
import type { Batch, CheckDefinition, CheckOf, Kernel } from './kernel.js';
import { limitsProblems, limitsWords, withinLimits } from './limits.js';
import { ColumnJudge, negated, ShareCounter } from './row-check.js';
import { judgeTexts } from './texts.js';

type PiiKind = CheckOf<'pii_detect'>['set'][number];

/** Only this much of a text is searched. */
const SEARCHED = 10_000;

/**
 * Where personal data may be in a text, and what a candidate must satisfy besides. Repetitions are bounded, and none begins where
 * the one before could end, so the expressions take linear time.
 */
const DETECTORS: Record<PiiKind, { pattern: RegExp; holds?: (candidate: string) => boolean }> = {
  email: { pattern: /(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}(?![\w-])/g },
  credit_card: { pattern: /(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)/g, holds: isCardNumber },
  ssn: { pattern: /(?<!\d)(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?!\d)/g },
  iban: { pattern: /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{1,4}){3,8}(?![A-Za-z0-9])/g, holds: isIban },
  phone: { pattern: /(?<![\w+])\+\d(?:[ ().-]{0,2}\d){6,14}(?!\d)/g },
};

/** Whether a text holds personal data of a kind. */
export function holdsPii(text: string, kind: PiiKind): boolean {
  const { pattern, holds = () => true } = DETECTORS[kind];
  for (const [candidate] of text.slice(0, SEARCHED).matchAll(pattern)) if (holds(candidate)) return true;
  return false;
}

/** Payment cards: 13 to 19 digits whose check digit is right (Luhn), and that are not all the same. */
function isCardNumber(candidate: string): boolean {
  const digits = candidate.replace(/\D/g, '');
  if (/^(\d)\1*$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = digit * 2;
    sum += i % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** ISO 13616: the remainder modulo 97 is 1. */
function isIban(candidate: string): boolean {
  const compact = candidate.replaceAll(' ', '');
  if (compact.length < 15 || compact.length > 34) return false;
  const moved = compact.slice(4) + compact.slice(0, 4);
  let remainder = 0;
  for (const char of moved) {
    const value = parseInt(char, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

/** Counts texts with personal data by column and kind. Rows are told by number and keys; their values are never shown. */
class PiiKernel implements Kernel {
  private readonly count = new ShareCounter();
  private readonly tally: Record<string, number> = {};
  private readonly searches: { column: string; kind: PiiKind; judge: ColumnJudge; counter: ShareCounter }[];

  constructor(columns: readonly string[], set: readonly PiiKind[], kind: ColumnKind) {
    this.searches = columns.flatMap((column) =>
      set.map((pii) => {
        const judge = new ColumnJudge(negated(judgeTexts(kind, (text) => holdsPii(text, pii))));
        return { column, kind: pii, judge, counter: new ShareCounter() };
      }),
    );
  }

  update(batch: Batch): void {
    this.count.total += batch.rows;
    for (const { column, kind, judge, counter } of this.searches) {
      if (!judge.update(batch.column(column))) continue;
      counter.add(batch, batch.rows, judge.fails, []);
      if (counter.failing > 0) this.tally[`${column}: ${kind}`] = counter.failing;
    }
  }

  state(): CheckState {
    const examples = this.searches.flatMap(({ column, kind, counter }) =>
      counter.examples.slice(0, 1).map((example) => ({ ...example, column, kind })),
    );
    return { kind: 'tally', total: this.count.total, tally: { ...this.tally }, examples: examples.slice(0, 5) };
  }
}

/** A text counts once for each kind that it holds. Nulls hold nothing. */
export const piiDetect: CheckDefinition<CheckOf<'pii_detect'>> = {
  indexTexts: true,
  columns: (check) => check.columns ?? [],
  reads: (check, fields) =>
    check.columns ?? fields.filter(({ kind }) => kind.domain === 'text').map(({ name }) => name),
  problems: limitsProblems,
  start(check, kinds, { fields }) {
    const texts = fields.filter(({ kind }) => kind.domain === 'text');
    const other = kinds.find(({ domain }) => domain !== 'text');
    if (other !== undefined) throw new Misfit(`a column of type ${other.name} holds no texts`);
    const columns = check.columns ?? texts.map(({ name }) => name);
    return new PiiKernel(columns, check.set, kinds[0] ?? texts[0]?.kind ?? kindOf('text', 'text', 'Utf8'));
  },
  threshold: (check) => `${limitsWords(check)} texts with ${check.set.join(', ')}`,
  judge(state, check) {
    const { tally, total, examples } = state as TallyState;
    const failing = Object.values(tally).reduce((sum, count) => sum + count, 0);
    const base = { ...withinLimits(failing, check), observed: failing, failing, total, examples };
    return failing === 0
      ? base
      : {
          ...base,
          message: Object.entries(tally)
            .map(([name, count]) => `${name} ${count}`)
            .join(', '),
        };
  },
};
