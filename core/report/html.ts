/** Text that is HTML already, made by `html` or `trustedMarkup` alone. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What may stand in an `html` template: strings and numbers are escaped, markup is taken as it is, the rest leaves nothing. */
export type HtmlValue = Markup | string | number | undefined | readonly HtmlValue[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Control characters, and those that reorder or hide the text around them; tab and line feed excepted. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Text for element content and quoted attributes. Unseen characters are shown by their code, so that nothing can hide. */
export function escapeHtml(text: string): string {
  return text
    .replace(/[&<>"']/gu, (character) => ENTITIES[character] ?? '')
    .replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** HTML with every inserted text escaped. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Markup {
  return new Markup(strings.map((part, index) => part + (index < values.length ? textOf(values[index]) : '')).join(''));
}

/** HTML that this project wrote itself: styles, scripts, drawings. Never for text from a run. */
export function trustedMarkup(text: string): Markup {
  return new Markup(text);
}

function textOf(value: HtmlValue): string {
  if (value === undefined) {
    return '';
  }
  if (value instanceof Markup) {
    return value.text;
  }
  return typeof value === 'object' ? value.map(textOf).join('') : escapeHtml(String(value));
}
