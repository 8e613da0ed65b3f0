import type { Share } from './row-source.js';

/** Which part of a dataset: `index` from 0, of `of`. */
export interface Part {
  index: number;
  of: number;
}

/** The whole. */
export const WHOLE: Part = { index: 0, of: 1 };

/**
 * What a part of a dataset has of each file: the parts cut the files, laid end to end, into pieces of as many bytes, so that the
 * merge of their states in order is that of the rows in order.
 * @param sizes of the files in bytes
 * @returns in the order of the files; null for those of which the part has nothing
 */
export function fileShares(sizes: readonly number[], { index, of }: Part): (Share | null)[] {
  // An empty file still belongs to one part, which finds out what is wrong with it.
  const widths = sizes.map((size) => Math.max(1, size));
  const total = widths.reduce((sum, width) => sum + width, 0);
  const [start, end] = [Math.floor((index * total) / of), Math.floor(((index + 1) * total) / of)];
  let before = 0;
  return widths.map((width) => {
    const at = (boundary: number) => Math.min(1, Math.max(0, (boundary - before) / width));
    const share = { from: at(start), to: at(end) };
    before += width;
    return share.from < share.to ? share : null;
  });
}
