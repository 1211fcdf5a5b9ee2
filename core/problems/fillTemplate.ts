/** `{name}`, unless it belongs to a LaTeX command, as in `\boxed{name}`. */
const PLACEHOLDER = /(?<!\\[A-Za-z]+)\{([A-Za-z_][\w.-]*)\}/gu;

/** The names that a template has placeholders for. */
export function placeholdersOf(template: string): readonly string[] {
  return [...new Set([...template.matchAll(PLACEHOLDER)].map(([, name = '']) => name))];
}

/** A template with its placeholders filled in; `valueOf` is asked for each. */
export function fillTemplate(template: string, valueOf: (name: string) => string): string {
  return template.replaceAll(PLACEHOLDER, (_, name: string) => valueOf(name));
}
