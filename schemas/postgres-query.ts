/** A token whose inside is neither a statement's end nor a comment's beginning; one that is not closed goes to the end. */
const TOKENS =
  /\b[eE]'(?:[^'\\]|\\[^]|'')*'?|'(?:[^']|'')*'?|"(?:[^"]|"")*"?|(?<![\w$])\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$[^]*?(?:\$\1\$|$)|--[^\n]*|\/\*|;/g;

/**
 * The statements of a text in PostgreSQL's SQL, without the semicolons that end them and without comments before or after; none where
 * there are only comments. What is in quotes, in dollar quotes or in comments, which nest, divides nothing.
 */
export function postgresStatements(sql: string): string[] {
  const statements: string[] = [];
  let from = 0;
  let blank = true;
  let seen = 0;
  let end = 0;
  const text = (until: number) => {
    if (sql.slice(seen, until).trim() === '') return;
    if (blank) from = seen;
    blank = false;
    end = until;
  };
  const finish = () => {
    if (!blank) statements.push(sql.slice(from, end).trim());
    blank = true;
  };
  TOKENS.lastIndex = 0;
  for (let token = TOKENS.exec(sql); token !== null; token = TOKENS.exec(sql)) {
    const [word] = token;
    const isComment = word.startsWith('--') || word === '/*';
    if (word === '/*') TOKENS.lastIndex = endOfComment(sql, TOKENS.lastIndex);
    text(token.index);
    if (word === ';') finish();
    else if (!isComment) {
      if (blank) from = token.index;
      blank = false;
      end = TOKENS.lastIndex;
    }
    seen = TOKENS.lastIndex;
  }
  text(sql.length);
  finish();
  return statements;
}

function endOfComment(sql: string, from: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = from;
  let depth = 1;
  while (depth > 0) {
    const mark = marks.exec(sql);
    if (mark === null) return sql.length;
    depth += mark[0] === '/*' ? 1 : -1;
  }
  return marks.lastIndex;
}
