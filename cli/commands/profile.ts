import type { Command } from 'commander';
import { profileFiles, type ProfileFilesOptions } from '../../engine/quality/profile-files.js';
import type { DatasetProfile } from '../../engine/quality/profile/profile.js';
import { dataFiles } from '../data-files.js';
import { interruptible } from '../interrupted-scan.js';
import { addRecordOptions, jsonOption, type JsonOption } from '../options.js';
import { printJson } from '../output.js';
import { isOnRecord, profileOf, RECORDED_NAMES, type RecordOptions } from '../profile-file.js';
import { createScanProgress } from '../scan-progress.js';
import { terminalOptions } from '../terminal.js';
import { writeOutput } from '../write-output.js';

interface ProfileOptions extends JsonOption, RecordOptions {
  column?: string[];
  html?: string;
}

/** `millrace profile`: statistics of every column of files. */
export function profileCommand(program: Command): void {
  const command = program
    .command('profile')
    .description('show statistics of the columns of files, or of data on record; files need no server')
    .argument(
      '<data...>',
      "Parquet, Arrow, CSV or NDJSON files that together are the dataset, as in 'days/*.parquet'; or a name of data on record",
    )
    .option('--column <column...>', 'columns that are profiled (default: all)')
    .option('--html <file>', 'write the profile as one self-contained page')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      RECORDED_NAMES +
        '\nWhat --json prints stands for the data in `millrace drift`, and as a reference of a suite.' +
        '\n\nExample:\n  millrace profile flights.parquet --json > flights.profile.json',
    )
    .action(async (named: string[], options: ProfileOptions) => {
      const progress = createScanProgress('profiling');
      const { onProgress, onPreparing } = progress;
      const profile = await interruptible((signal) =>
        profileOfAll(named, { columns: options.column, signal, onProgress, onPreparing }, options),
      ).finally(() => progress.end());
      if (profile === undefined) return;
      const report = await import('../../engine/quality/report/index.js');
      if (options.html !== undefined) {
        await writeOutput(options.html, report.renderProfilePage(profile, { subject: named.join(', ') }));
      }
      if (options.json) printJson(profile);
      else console.log(report.renderProfileTable(profile, terminalOptions()));
    });
  addRecordOptions(command);
}

/** Several arguments are files. */
async function profileOfAll(
  named: readonly string[],
  how: ProfileFilesOptions,
  where: RecordOptions,
): Promise<DatasetProfile> {
  const [only] = named;
  if (named.length === 1 && isOnRecord(only!)) return profileOf(only!, how, where);
  return profileFiles(dataFiles(named), { useCaller: true, ...how });
}
