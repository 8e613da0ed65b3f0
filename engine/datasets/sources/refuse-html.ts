import { open } from 'node:fs/promises';
import { MillraceError } from '../../../schemas/index.js';

/** Enough for what comes before the title of most pages. */
const LOOKED_AT_BYTES = 4096;

const BEGINNING = /^\uFEFF?\s*(?:<!--[^]*?-->\s*)*<(?:!doctype\s+html|html)[\s>]/i;
const TITLE = /<title[^>]*>\s*([^<]{1,200}?)\s*<\/title>/i;

/**
 * Refuses a page of the web where rows should be, as a server sends that wants somebody to log in: read as CSV, each of its
 * lines would be a row. It is known by its first bytes; servers name the type of a file wrongly too often.
 * @param path of a file that is not packed
 * @param name what the file is for whoever reads the message
 * @throws MillraceError SOURCE_UNREADABLE
 */
export async function refuseHtml(path: string, name: string): Promise<void> {
  const file = await open(path);
  let text: string;
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(LOOKED_AT_BYTES), 0, LOOKED_AT_BYTES, 0);
    text = buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
  if (!BEGINNING.test(text)) return;
  const title = TITLE.exec(text)?.[1];
  const page = title === undefined ? 'an HTML page' : `an HTML page with the title "${title}"`;
  throw new MillraceError('SOURCE_UNREADABLE', `${name} is ${page}, not data`);
}
