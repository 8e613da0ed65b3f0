import { visible } from './words.js';

/** Text that is HTML already; only `html` makes it, so everything else that goes into a page is escaped. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What can be put into HTML. Texts are escaped; null, undefined and false are nothing. */
export type Content = Markup | string | number | null | undefined | false | readonly Content[];

/** HTML with values in it, each escaped for text and for quoted attributes. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Markup {
  return new Markup(strings.map((text, i) => (i === 0 ? text : write(values[i - 1]) + text)).join(''));
}

/** Escapes a text for HTML and XML, in elements and in quoted attributes. What cannot be seen is shown; see `visible`. */
export function escapeMarkup(text: string): string {
  return visible(text).replace(/[&<>"']/g, (char) => ENTITIES[char]!);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function write(content: Content): string {
  if (content === null || content === undefined || content === false) return '';
  if (content instanceof Markup) return content.text;
  if (typeof content === 'object') return content.map(write).join('');
  return escapeMarkup(String(content));
}
