import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/**
 * Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->` in a Markdown file, or adds both with the text at the end. A dollar
 * sign in the text stands for itself.
 */
export function writeBlock(file: string, name: string, text: string): void {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const old = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const start = old.indexOf(open);
  const end = old.indexOf(close, start);
  const block = `${open}\n\n${text}\n\n${close}`;
  const isThere = start >= 0 && end >= 0;
  writeFileSync(
    file,
    isThere ? old.slice(0, start) + block + old.slice(end + close.length) : `${old}${old === '' ? '' : '\n'}${block}\n`,
  );
}
