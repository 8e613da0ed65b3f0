import { extname } from 'node:path';
import { definitionOf } from '../engine/quality/kernels/index.js';
import { textTable } from '../engine/quality/report/text-table.js';
import { trialText, type Suggestion, type SuiteProposal } from '../engine/quality/suggest/index.js';
import { checkSchema, type Suite, type SuiteInput } from '../schemas/check.js';

/** The suite of what is proposed; each check says in its description why it is there and what its trial gave. */
export function suiteOf({ proposed }: SuiteProposal): SuiteInput {
  return {
    checks: proposed.map((suggestion) => ({
      ...suggestion.check,
      description: `${suggestion.reason}; ${trialText(suggestion)}`.slice(0, 500),
    })),
  };
}

/** The text of a suite file: TypeScript where its name says so, else JSON. */
export function suiteText(suite: SuiteInput, file: string): string {
  const json = JSON.stringify(suite, null, 2);
  if (!/^\.[cm]?ts$/.test(extname(file))) return `${json}\n`;
  return `import type { SuiteInput } from 'millrace';\n\nexport default ${json} satisfies SuiteInput;\n`;
}

/** A proposal for a terminal: what is proposed, and what was left out. */
export function renderProposal({ proposed, leftOut }: SuiteProposal, width: number): string {
  const tried = (proposed[0] ?? leftOut[0])?.tried ?? 0;
  const columns = [{ head: 'check' }, { head: 'rule' }, { head: 'because' }, ...(tried > 0 ? [{ head: 'trial' }] : [])];
  const table = (list: readonly Suggestion[]) =>
    textTable(
      columns,
      list.map((one) => [...wordsOf(one), trialText(one)]),
      width,
    );
  const trial =
    tried === 0 ? '; name earlier versions with --baseline to try them' : `, tried on ${tried} earlier versions`;
  return [
    table(proposed),
    ...(leftOut.length === 0 ? [] : ['', 'left out:', table(leftOut)]),
    '',
    `${proposed.length} checks proposed, ${leftOut.length} left out${trial}`,
  ].join('\n');
}

function wordsOf({ check, reason }: Suggestion): [name: string, rule: string, reason: string] {
  const parsed: Suite['checks'][number] = checkSchema.parse(check);
  const definition = definitionOf(parsed);
  const about = definition.columns(parsed).join(', ');
  return [about === '' ? parsed.type : `${parsed.type}(${about})`, definition.threshold(parsed), reason];
}
