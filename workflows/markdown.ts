import { oneLine } from '../schemas/index.js';

/** Longest text in a cell, in characters as written. */
const LONGEST_CELL = 300;

/**
 * What Markdown, or the Temporal UI, would take for something else than the text itself: backslashes before punctuation, emphasis, code,
 * links, tags and entities of HTML, and names in braces, which the UI replaces.
 */
const TAKEN_OTHERWISE =
  /\\(?=[!-/:-@[-`{-~])|[`*|<[\]~]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|&(?=#?\w+;)|\{(?=\w+\})/gu;

/** A text that the Temporal UI shows as it is, in one line. */
export function inline(text: string): string {
  return oneLine(text).replaceAll(TAKEN_OTHERWISE, '\\$&');
}

/** A text that the Temporal UI shows as it is in a cell of a table, and no more than its beginning. */
export function cell(text: string): string {
  return inline(text.slice(0, LONGEST_CELL));
}

/** A link to a workflow of the same namespace. */
export function linkTo(text: string, workflowId: string): string {
  const address = encodeURIComponent(workflowId).replaceAll('(', '%28').replaceAll(')', '%29');
  return `[${cell(text)}](/namespaces/{namespace}/workflows/${address})`;
}
