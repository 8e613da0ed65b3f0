import { InvalidArgumentError, Option, type Command } from 'commander';
import { compareProfiles } from '../../engine/quality/drift/index.js';
import { createScanPool } from '../../engine/quality/scan-pool.js';
import { driftMethodField, type DriftMethod, type DriftOptionsInput, type DriftReport } from '../../schemas/drift.js';
import { interruptible } from '../interrupted-scan.js';
import { addRecordOptions, jsonOption, type JsonOption } from '../options.js';
import { EXIT } from '../exit-codes.js';
import { printJson } from '../output.js';
import { profileOf, RECORDED_NAMES, type RecordOptions } from '../profile-file.js';
import { createScanProgress } from '../scan-progress.js';
import { terminalOptions } from '../terminal.js';
import { writeOutput } from '../write-output.js';

interface DriftCommandOptions extends JsonOption, RecordOptions {
  column?: string[];
  metric?: DriftMethod;
  max?: number;
  binning: DriftOptionsInput['binning'];
  bins: number;
  alpha: number;
  share: number;
  html?: string;
}

/** `millrace drift`: how far data have moved from a reference. */
export function driftCommand(program: Command): void {
  const command = program
    .command('drift')
    .description('compare the distributions of data with those of a reference; files need no server')
    .argument('<reference>', "a file, a pattern as in 'days/*.parquet', a profile as JSON, or a name of data on record")
    .argument('<current>', 'the same')
    .option('--column <column...>', 'columns that are compared (default: all)')
    .addOption(
      new Option('--metric <metric>', 'what all of them are compared by (default: by type and size of each)').choices(
        driftMethodField.options,
      ),
    )
    .option('--max <effect>', 'effect from which a column has drifted (default: 0.1)', parseEffect)
    .addOption(
      new Option(
        '--binning <binning>',
        'bins of numbers for psi, js, linf, hellinger and chi2: equal shares of the reference, or equal widths over both',
      )
        .choices(['quantile', 'sturges'])
        .default('quantile'),
    )
    .option('--bins <number>', 'how many bins of equal shares, 2 to 1000', parseBins, 10)
    .option(
      '--alpha <p>',
      'a column drifts only if its adjusted p is below this; 1: the effect alone decides',
      parseShare,
      0.05,
    )
    .option('--share <share>', 'share of the columns that must drift for the dataset to have drifted', parseShare, 0.5)
    .option('--html <file>', 'write the report as one self-contained page')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      RECORDED_NAMES +
        '\nExit codes: 0 has not drifted, 1 has drifted, 2 nothing could be compared.' +
        '\n\nExample:\n  millrace drift training.profile.json today.parquet --html drift.html' +
        '\n  millrace drift model:flight-delays@champion dataset:flight-features/2001-03-29',
    )
    .action(async (reference: string, current: string, options: DriftCommandOptions) => {
      const progress = createScanProgress('profiling');
      // The threads of the first profile take the second too.
      const pool = createScanPool();
      const { onProgress, onPreparing } = progress;
      const how = { columns: options.column, pool, onProgress, onPreparing };
      const profiles = await interruptible(async (signal) => ({
        reference: await profileOf(reference, { ...how, signal }, options),
        current: await profileOf(current, { ...how, signal }, options),
      })).finally(async () => {
        progress.end();
        await pool.close();
      });
      if (profiles === undefined) return;
      const { column: only, metric: method, max: threshold, binning, bins, alpha, share: driftShare } = options;
      const settings = { only, method, threshold, binning, bins, alpha, driftShare };
      const report = compareProfiles(profiles.reference, profiles.current, settings);
      const render = await import('../../engine/quality/report/index.js');
      if (options.html !== undefined) {
        await writeOutput(options.html, render.renderDriftPage(report, { subject: { reference, current }, profiles }));
      }
      if (options.json) printJson(report);
      else console.log(render.renderDriftTable(report, terminalOptions()));
      process.exitCode = EXIT_CODES[report.verdict];
    });
  addRecordOptions(command);
}

const EXIT_CODES: Readonly<Record<DriftReport['verdict'], number>> = {
  pass: EXIT.done,
  fail: EXIT.no,
  skip: EXIT.impossible,
};

function parseEffect(text: string): number {
  const effect = Number(text);
  if (text.trim() !== '' && effect >= 0 && effect < Infinity) return effect;
  throw new InvalidArgumentError('must be a number, not below 0');
}

function parseBins(text: string): number {
  const bins = Number(text);
  if (Number.isInteger(bins) && bins >= 2 && bins <= 1000) return bins;
  throw new InvalidArgumentError('must be a whole number from 2 to 1000');
}

function parseShare(text: string): number {
  const share = Number(text);
  if (text.trim() !== '' && share > 0 && share <= 1) return share;
  throw new InvalidArgumentError('must be a number above 0, and 1 at most');
}
