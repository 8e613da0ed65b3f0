import { InvalidArgumentError, type Command } from 'commander';
import { checkFiles, type CheckFilesOptions } from '../../engine/quality/check-files.js';
import type { EarlierVersion } from '../../engine/quality/kernels/kernel.js';
import { parseInstantNs } from '../../engine/quality/literals.js';
import { isRecordedName } from '../../engine/quality/recorded/recorded-name.js';
import type { Reference } from '../../engine/quality/references.js';
import type { CheckPageOptions, Evidence, JunitOptions } from '../../engine/quality/report/index.js';
import { prepareFiles } from '../../engine/quality/sources/prepare-files.js';
import type { Suite } from '../../schemas/check.js';
import type { PartitionWindow } from '../../schemas/partition.js';
import type { QualityReport } from '../../schemas/quality-report.js';
import { dataFiles } from '../data-files.js';
import { interruptible } from '../interrupted-scan.js';
import { EXIT } from '../exit-codes.js';
import { printJson } from '../output.js';
import { addRecordOptions, jsonOption, parseCount, type JsonOption } from '../options.js';
import type { RecordOptions } from '../profile-file.js';
import { createScanProgress } from '../scan-progress.js';
import { loadSuite } from '../suite-file.js';
import { terminalOptions } from '../terminal.js';
import { writeOutput } from '../write-output.js';

interface CheckOptions extends JsonOption, RecordOptions {
  suite: string;
  html?: string;
  junit?: string;
  key: string[];
  reference: Record<string, string>;
  history: HistoryArgument[];
  window?: PartitionWindow;
  fullScan?: boolean;
  threads?: number;
}

/** `millrace check`: holds files to a suite. It needs no server and writes nothing but what it is asked for. */
export function checkCommand(program: Command): void {
  const command = program
    .command('check')
    .description('hold files to a suite of quality checks; needs no server')
    .argument(
      '<file...>',
      "Parquet, Arrow, CSV or NDJSON files that together are the dataset, as in 'days/*.parquet'; - is the standard input",
    )
    .requiredOption('--suite <file>', 'the checks: JSON, or TypeScript with a default export')
    .option('--key <column...>', 'columns that are shown with failing rows, to find them again', [])
    .option(
      '--reference <name=file...>',
      'what a reference of the suite stands for: data, a profile as JSON, or a name of data on record',
      addPair,
      {},
    )
    .option(
      '--history <time=profile...>',
      'earlier versions with their times, for checks of history: data, profiles as JSON, or names of data on record',
      addTime,
      [],
    )
    .option(
      '--window <start[/end]>',
      'time that the data are about: its start is their place in the history, its end the reference of freshness (default: now)',
      parseWindow,
    )
    .option('--full-scan', 'read every row, also where the footer or a dictionary would answer')
    .option('--threads <number>', 'at most so many threads (default: as many as processors, four at most)', parseCount)
    .option('--html <file>', 'write the report as one self-contained page')
    .option('--junit <file>', 'write the report as JUnit XML, for CI')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExit codes: 0 passed (also with warnings), 1 failed, 2 could not be judged: a check could not run, or nothing could.' +
        '\n\nExample:\n  millrace check flights.parquet --suite flights.suite.json --key date --html report.html',
    )
    .action(async (named: string[], options: CheckOptions) => {
      const checkedAt = new Date();
      const suite = await loadSuite(options.suite, options.key);
      const progress = createScanProgress('checking');
      const { onProgress, onPreparing } = progress;
      const outcome = await interruptible(async (signal) => {
        const context = await loadContext(options, suite, signal);
        const startedMs = performance.now();
        const prepared = await prepareFiles(dataFiles(named), { signal, onPreparing });
        try {
          const { files } = prepared;
          const { fullScan, threads, window } = options;
          const how = { fullScan, threads, window, useCaller: true, signal, onProgress, startedMs };
          const report = await checkFiles({ ...context, files, suite, ...how });
          const page = options.html === undefined ? undefined : await evidenceOf(files, suite, report, context, signal);
          return { report, page };
        } finally {
          await prepared.dispose();
        }
      }).finally(() => progress.end());
      if (outcome === undefined) return;
      const { report, page } = outcome;
      await writeReports(report, options, { subject: named.join(', '), checkedAt, ...page });
      if (options.json) printJson(report);
      else {
        const { renderCheckTable } = await import('../../engine/quality/report/terminal.js');
        console.log(renderCheckTable(report, terminalOptions()));
      }
      process.exitCode = exitCodeOf(report);
    });
  addRecordOptions(command);
}

/** What checks compare with besides the files. */
type Context = Pick<CheckFilesOptions, 'references' | 'history'>;

async function loadContext(options: CheckOptions, suite: Suite, signal: AbortSignal): Promise<Context> {
  const { reference, history } = options;
  const wanted = suite.checks.flatMap((check) => ('reference' in check ? (check.reference ?? []) : []));
  if (Object.keys(reference).length + history.length === 0 && !wanted.some(isRecordedName)) return {};
  const { isOnRecord, openRecords, profileOf } = await import('../profile-file.js');
  const { isProfile } = await import('../../engine/quality/references.js');
  const references: Record<string, Reference> = {};
  for (const [name, file] of Object.entries(reference)) {
    const profiled = isOnRecord(file) || (await isProfile(file));
    references[name] = profiled
      ? { profile: await profileOf(file, { signal }, options) }
      : { files: dataFiles([file]) };
  }
  if (wanted.some((name) => isRecordedName(name) && references[name] === undefined)) {
    const { recordedReferences } = await import('../../engine/quality/recorded/recorded-references.js');
    const recorded = await recordedReferences(await openRecords(options), suite, { signal });
    Object.assign(references, { ...recorded.references, ...references });
  }
  const earlier: EarlierVersion[] = [];
  for (const { time, file } of history) earlier.push({ time, profile: await profileOf(file, { signal }, options) });
  return { references, history: earlier.sort((a, b) => Date.parse(a.time) - Date.parse(b.time)) };
}

async function evidenceOf(
  files: readonly string[],
  suite: Suite,
  report: QualityReport,
  { references }: Context,
  signal: AbortSignal,
): Promise<Evidence> {
  const { gatherEvidence } = await import('../../engine/quality/report/evidence.js');
  return gatherEvidence({ files }, suite, report, { references, signal });
}

function addPair(text: string, pairs: Record<string, string>): Record<string, string> {
  const [, name, file] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || file === undefined) throw new InvalidArgumentError('must be of the form NAME=FILE');
  return { ...pairs, [name]: file };
}

interface HistoryArgument {
  time: string;
  file: string;
}

function addTime(text: string, history: HistoryArgument[]): HistoryArgument[] {
  const [, time, file] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  const instant = instantOf(time);
  if (file === undefined || instant === undefined) {
    throw new InvalidArgumentError('must be of the form TIME=PROFILE, as in 2001-03-01=day.profile.json');
  }
  return [...history, { time: instant, file }];
}

function parseWindow(text: string): PartitionWindow {
  const [first, last, ...more] = text.split('/');
  const [start, end] = [instantOf(first), instantOf(last)];
  const isEnded = last === undefined || (end !== undefined && start !== undefined && end > start);
  if (more.length > 0 || start === undefined || !isEnded) {
    throw new InvalidArgumentError('must be of the form START or START/END, as in 2001-03-01/2001-03-02');
  }
  return { key: text, start, end };
}

/** An ISO 8601 date or time, in UTC where it has no offset. */
function instantOf(text: string | undefined): string | undefined {
  const ns = text === undefined ? null : parseInstantNs(text);
  return ns === null ? undefined : new Date(Number(ns / 1_000_000n)).toISOString();
}

/** A check that could not run leaves the question open, also where another one failed: that is no `failed`. */
function exitCodeOf({ verdict }: QualityReport): number {
  if (verdict === 'error') return EXIT.impossible;
  return verdict === 'fail' ? EXIT.no : EXIT.done;
}

async function writeReports(
  report: QualityReport,
  { html, junit }: CheckOptions,
  about: CheckPageOptions & JunitOptions,
): Promise<void> {
  if (html === undefined && junit === undefined) return;
  const { renderCheckPage, renderJunit } = await import('../../engine/quality/report/index.js');
  if (html !== undefined) await writeOutput(html, renderCheckPage(report, about));
  if (junit !== undefined) await writeOutput(junit, renderJunit(report, about));
}
