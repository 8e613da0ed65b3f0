import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stat } from 'node:fs/promises';
import { MillraceError } from '../../schemas/index.js';

/**
 * Saves a backup of the database of a running owner.
 * @param options `to`: file that does not exist yet; `token`: MILLRACE_LINEAGE_TOKEN by default
 * @returns its bytes
 * @throws LINEAGE_UNREACHABLE if the owner does not give one whole
 */
export async function downloadBackup(options: { url: string; to: string; token?: string }): Promise<number> {
  const base = options.url.split(',')[0]?.replace(/\/+$/, '') ?? '';
  try {
    const token = options.token ?? process.env.MILLRACE_LINEAGE_TOKEN;
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
    const response = await fetch(`${base}/api/v1/admin/backup`, { headers });
    if (!response.ok || response.body === null) throw new Error(`status ${response.status}: ${await response.text()}`);
    await pipeline(Readable.fromWeb(response.body as never), createWriteStream(options.to, { flags: 'wx' }));
    const { size } = await stat(options.to);
    const expected = Number(response.headers.get('content-length'));
    if (size !== expected) throw new Error(`${size} of ${expected} bytes arrived`);
    return size;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new MillraceError('LINEAGE_UNREACHABLE', `${base}: backup: ${message}`, { cause: error });
  }
}
