import { createReadStream } from 'node:fs';

/** No line of a CSV may be longer. */
const LONGEST_LINE_BYTES = 2_000_000;

/** The first line of a CSV in UTF-8, as RFC 4180 has it: quoted names may hold line ends. Of one without line ends, all of it. */
export async function csvFirstLine(path: string): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of createReadStream(path, { end: LONGEST_LINE_BYTES - 1 })) {
    parts.push(part as Buffer);
    const [line] = /^(?:"(?:[^"]|"")*"|[^"\r\n])*(?=[\r\n])/.exec(textOf(parts)) ?? [];
    if (line !== undefined) return line;
  }
  return textOf(parts);
}

const textOf = (parts: readonly Buffer[]) =>
  Buffer.concat(parts)
    .toString('utf8')
    .replace(/^\ufeff/, '');
