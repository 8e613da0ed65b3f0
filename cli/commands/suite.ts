import type { Command } from 'commander';
import { checkFiles } from '../../engine/quality/check-files.js';
import { parseSuite, suiteJsonSchema } from '../../engine/quality/parse-suite.js';
import type { DatasetProfile } from '../../engine/quality/profile/profile.js';
import { profileFiles, type ProfileFilesOptions } from '../../engine/quality/profile-files.js';
import { isProfile } from '../../engine/quality/references.js';
import { prepareFiles } from '../../engine/quality/sources/prepare-files.js';
import { suggestSuite, type SuiteProposal } from '../../engine/quality/suggest/index.js';
import { dataFiles } from '../data-files.js';
import { interruptible } from '../interrupted-scan.js';
import { addRecordOptions, jsonOption, type JsonOption } from '../options.js';
import { printJson } from '../output.js';
import { isOnRecord, openRecords, profileOf, RECORDED_NAMES, type RecordOptions } from '../profile-file.js';
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
  const suggest = suite
    .command('suggest')
    .description('propose a suite from what data are, tried on earlier versions')
    .argument(
      '<data>',
      "a file, a pattern as in 'days/*.parquet' (together one dataset), a profile as JSON, or a name of data on record",
    )
    .option(
      '--baseline <data...>',
      'earlier versions on which the checks are tried; each file, or partition on record, is one of them',
      [],
    )
    .option('--column <column...>', 'columns that the suite is about (default: all)')
    .option('--out <file>', 'write the suite: JSON, or TypeScript where the name ends in .ts')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      RECORDED_NAMES +
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
  addRecordOptions(suggest);
}

interface SuggestOptions extends JsonOption, RecordOptions {
  baseline: string[];
  column?: string[];
  out?: string;
}

async function propose(named: string, options: SuggestOptions): Promise<SuiteProposal | undefined> {
  const { baseline, column: columns } = options;
  const progress = createScanProgress('profiling');
  let before = 0;
  return interruptible(async (signal) => {
    const onProgress = (rows: number) => progress.onProgress(before + rows);
    const { onPreparing } = progress;
    const how = { columns, signal, onProgress, onPreparing };
    const taken = async (profile: Promise<DatasetProfile>): Promise<DatasetProfile> => {
      before += (await profile).rows;
      return profile;
    };
    const files = isOnRecord(named) ? [] : dataFiles([named]);
    const hasRows = files.length > 0 && !(await isProfile(named));
    // Read twice, so made readable once: the standard input is gone after that.
    const prepared = await prepareFiles(hasRows ? files : [], { signal, onPreparing });
    try {
      const profile = await taken(
        hasRows ? profileFiles(prepared.files, { useCaller: true, ...how }) : profileOf(named, how, options),
      );
      const earlier: DatasetProfile[] = [];
      for (const data of baseline) {
        if (isOnRecord(data)) earlier.push(...(await recordedVersions(data, named, how, options)));
        // A pattern of all days has the day itself in it.
        else
          for (const file of dataFiles([data]))
            if (!files.includes(file)) earlier.push(await taken(profileOf(file, how)));
      }
      const proposal = suggestSuite(profile, earlier);
      return await (hasRows ? withoutWrong(proposal, prepared.files, signal) : proposal);
    } finally {
      await prepared.dispose();
    }
  }).finally(() => progress.end());
}

/** Profiles of the partitions that a name stands for, without the one that is itself asked about. */
async function recordedVersions(
  name: string,
  named: string,
  how: ProfileFilesOptions,
  where: RecordOptions,
): Promise<DatasetProfile[]> {
  const { namedVersions, profileOfVersions } = await import('../../engine/quality/recorded/recorded-data.js');
  const records = await openRecords(where);
  const namesOf = (text: string) => namedVersions(records, text.replace(/^dataset:/, ''));
  const own = isOnRecord(named) ? (await namesOf(named)).map(({ ref }) => ref.version) : [];
  const profiles: DatasetProfile[] = [];
  for (const version of await namesOf(name)) {
    if (!own.includes(version.ref.version)) profiles.push(await profileOfVersions(records, [version], how));
  }
  return profiles;
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
