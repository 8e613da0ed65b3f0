import type { Command } from 'commander';
import { profileFiles } from '../../engine/quality/profile-files.js';
import { dataFiles } from '../data-files.js';
import { interruptible } from '../interrupted-scan.js';
import { jsonOption, type JsonOption } from '../options.js';
import { printJson } from '../output.js';
import { createScanProgress } from '../scan-progress.js';
import { terminalOptions } from '../terminal.js';
import { writeOutput } from '../write-output.js';

interface ProfileOptions extends JsonOption {
  column?: string[];
  html?: string;
}

/** `millrace profile`: statistics of every column of files. */
export function profileCommand(program: Command): void {
  program
    .command('profile')
    .description('show statistics of the columns of files; needs no server')
    .argument('<file...>', "Parquet, Arrow, CSV or NDJSON files that together are the dataset, as in 'days/*.parquet'")
    .option('--column <column...>', 'columns that are profiled (default: all)')
    .option('--html <file>', 'write the profile as one self-contained page')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nWhat --json prints stands for the data in `millrace drift`, and as a reference of a suite.' +
        '\n\nExample:\n  millrace profile flights.parquet --json > flights.profile.json',
    )
    .action(async (named: string[], options: ProfileOptions) => {
      const files = dataFiles(named);
      const progress = createScanProgress('profiling');
      const onProgress = (rows: number) => progress.rows(rows);
      const profile = await interruptible((signal) =>
        profileFiles(files, { columns: options.column, signal, onProgress }),
      ).finally(() => progress.end());
      if (profile === undefined) return;
      const report = await import('../../engine/quality/report/index.js');
      if (options.html !== undefined) {
        await writeOutput(options.html, report.renderProfilePage(profile, { subject: named.join(', ') }));
      }
      if (options.json) printJson(profile);
      else console.log(report.renderProfileTable(profile, terminalOptions()));
    });
}
