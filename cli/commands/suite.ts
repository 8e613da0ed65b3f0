import type { Command } from 'commander';
import { checkFiles } from '../../engine/quality/check-files.js';
import { parseSuite, suiteJsonSchema } from '../../engine/quality/parse-suite.js';
import type { DatasetProfile } from '../../engine/quality/profile/profile.js';
import { suggestSuite, type SuiteProposal } from '../../engine/quality/suggest/index.js';
import { dataFiles } from '../data-files.js';
import { interruptible } from '../interrupted-scan.js';
import { jsonOption, type JsonOption } from '../options.js';
import { printJson } from '../output.js';
import { profileOf } from '../profile-file.js';
import { createScanProgress } from '../scan-progress.js';
import { renderProposal, suiteOf, suiteText } from '../suggested-suite.js';
import { terminalOptions } from '../terminal.js';
import { writeOutput } from '../write-output.js';

/** `millrace suite`: what helps in writing suites. */
export function suiteCommand(program: Command): void {
  const suite = program.command('suite').description('help in writing suites of quality checks; needs no server');
  suite
    .command('schema')
    .description('print the JSON Schema of suites, by which editors complete and check them')
    .addHelpText(
      'after',
      '\nExample:\n  millrace suite schema > suite.schema.json\n  and in the suite: "$schema": "./suite.schema.json"',
    )
    .action(() => console.log(JSON.stringify(suiteJsonSchema(), null, 2)));
  suite
    .command('suggest')
    .description('propose a suite from what data are, tried on earlier versions')
    .argument('<data>', "a file, a pattern as in 'days/*.parquet' (together one dataset), or a profile as JSON")
    .option('--baseline <data...>', 'earlier versions on which the checks are tried; each file is one of them', [])
    .option('--column <column...>', 'columns that the suite is about (default: all)')
    .option('--out <file>', 'write the suite: JSON, or TypeScript where the name ends in .ts')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nA check that would have fired on earlier versions is loosened to what they need, or left out where it still would on' +
        '\nmore than a twentieth of them. --json prints the suite, as `millrace check --suite` takes it.' +
        "\n\nExample:\n  millrace suite suggest today.parquet --baseline 'days/*.parquet' --out flights.suite.json",
    )
    .action(async (named: string, options: SuggestOptions) => {
      const proposal = await propose(named, options);
      if (proposal === undefined) return;
      const proposed = suiteOf(proposal);
      if (options.out !== undefined) await writeOutput(options.out, suiteText(proposed, options.out));
      if (options.json) printJson(proposed);
      else console.log(renderProposal(proposal, terminalOptions().width));
    });
}

interface SuggestOptions extends JsonOption {
  baseline: string[];
  column?: string[];
  out?: string;
}

async function propose(named: string, { baseline, column }: SuggestOptions): Promise<SuiteProposal | undefined> {
  const files = dataFiles([named]);
  // A pattern of all days has the day itself in it.
  const versions = dataFiles(baseline).filter((file) => !files.includes(file));
  const progress = createScanProgress('profiling');
  let before = 0;
  return interruptible(async (signal) => {
    const take = async (data: string): Promise<DatasetProfile> => {
      const onProgress = (rows: number) => progress.rows(before + rows);
      const profile = await profileOf(data, { columns: column, signal, onProgress });
      before += profile.rows;
      return profile;
    };
    const profile = await take(named);
    const earlier: DatasetProfile[] = [];
    for (const version of versions) earlier.push(await take(version));
    const proposal = suggestSuite(profile, earlier);
    return named.endsWith('.json') ? proposal : withoutWrong(proposal, files, signal);
  }).finally(() => progress.end());
}

/** A profile may not know all values of a column; the rows do, so a check that they fail is not proposed. */
async function withoutWrong(
  { proposed, leftOut }: SuiteProposal,
  files: readonly string[],
  signal: AbortSignal,
): Promise<SuiteProposal> {
  const suite = parseSuite({ checks: proposed.map(({ check }) => check) });
  const { checks } = await checkFiles({ files, suite, signal });
  const wrong = proposed.filter((_, i) => checks[i]!.status !== 'pass');
  return {
    proposed: proposed.filter((one) => !wrong.includes(one)),
    leftOut: [...leftOut, ...wrong.map((one) => ({ ...one, reason: `${one.reason}, but not all of them` }))],
  };
}
