import { cell, inline, linkTo } from '../../../workflows/markdown.js';

describe('markdown', () => {
  it.each([
    ['a | b\nc', 'a \\| b c'],
    ['<script>x</script> of <NULL>', '\\<script>x\\</script> of \\<NULL>'],
    ['**bold** `code` ~~no~~', '\\*\\*bold\\*\\* \\`code\\` \\~\\~no\\~\\~'],
    ['__init__ of row_count', '\\_\\_init\\_\\_ of row_count'],
    ['[x](http://e)', '\\[x\\](http://e)'],
    ['{namespace} of {"a": 1}', '\\{namespace} of {"a": 1}'],
    ['C:\\temp \\| &lt; A&B', 'C:\\temp \\\\\\| \\&lt; A&B'],
    ['süd_ost, ü_ü', 'süd_ost, ü_ü'],
  ])('shows %j as it is', (text, written) => {
    expect(inline(text)).toBe(written);
  });

  it('shows the beginning of a long text', () => {
    expect(cell('a'.repeat(500))).toHaveLength(300);
    // What is cut is the text, never what was put before a character of it.
    expect(cell('|'.repeat(500))).toBe('\\|'.repeat(300));
  });

  it('links to a workflow with an odd name', () => {
    expect(linkTo('a](b', 'run/p/a](b')).toBe('[a\\](b](/namespaces/{namespace}/workflows/run%2Fp%2Fa%5D%28b)');
  });
});
