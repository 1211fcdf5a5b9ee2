/** An element of a page: its tag and its attributes, without the text in them. */
export interface PageTag {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * The tags of a page in order, read as a browser's tokenizer does for pages that quote every attribute with double quotes; the content of
 * style and script is text. Throws for anything else that begins with `<`.
 */
export function tagsOf(page: string): readonly PageTag[] {
  const tags: PageTag[] = [];
  const token = /<(\/?[a-zA-Z][a-zA-Z0-9-]*)((?:\s+[^\s"'<>/=]+(?:="[^"]*")?)*)\s*\/?>|<!doctype html>|</g;
  let end = 0;
  for (let match = token.exec(page); match !== null; match = token.exec(page)) {
    if (match.index < end) continue;
    const name = match[1]?.toLowerCase();
    if (name === undefined) {
      if (match[0] === '<!doctype html>') continue;
      throw new Error(`not a tag: ${page.slice(match.index, match.index + 60)}`);
    }
    const attributes = [...(match[2] ?? '').matchAll(/([^\s"'<>/=]+)(?:="([^"]*)")?/g)];
    tags.push({ name, attributes: Object.fromEntries(attributes.map(([, key = '', value = '']) => [key, value])) });
    if (name === 'style' || name === 'script') {
      token.lastIndex = page.toLowerCase().indexOf(`</${name}`, token.lastIndex);
      end = token.lastIndex;
    }
  }
  return tags;
}

/** What an element of this name holds, exactly. */
export function contentsOf(page: string, name: string): readonly string[] {
  return [...page.matchAll(new RegExp(`<${name}[^>]*>([^]*?)</${name}>`, 'g'))].map((match) => match[1] ?? '');
}
