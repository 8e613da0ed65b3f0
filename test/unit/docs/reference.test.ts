import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES } from '../../../schemas/index.js';

const root = join(__dirname, '../../..');

describe('the reference', () => {
  it('is what the code says', () => {
    const { status, stdout } = spawnSync(process.execPath, ['docs/generate.mjs', '--check'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });

  it('has a line for each error code, and none for a code that is not there', () => {
    const page = readFileSync(join(root, 'docs/reference/errors.md'), 'utf8');
    const codes = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
    expect(codes.sort()).toEqual([...ERROR_CODES].sort());
  });
});
