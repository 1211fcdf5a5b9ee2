import type { SandboxLanguage } from '../../../core/sandbox/languages.ts';

/** What the first line of a fenced block calls a language. */
const fenceNames: Readonly<Record<SandboxLanguage, readonly string[]>> = {
  python: ['python', 'py', 'python3'],
  javascript: ['javascript', 'js', 'node', 'mjs', 'cjs'],
};

/**
 * The last fenced block of a completion (three or more backticks, closed) that names the language or none, after `</think>` where there is
 * one. Undefined where there is no such block.
 */
export function lastCodeBlock(completion: string, language: SandboxLanguage): string | undefined {
  const answer = completion.split('</think>').at(-1) ?? '';
  let fence: { readonly ticks: number; readonly isWanted: boolean; readonly lines: string[] } | undefined;
  let found: string | undefined;
  for (const line of answer.split('\n')) {
    const { ticks, rest } = fenceOf(line);
    if (fence === undefined) {
      if (ticks < 3) continue;
      const name = (rest.trim().split(/\s/)[0] ?? '').toLowerCase();
      fence = { ticks, isWanted: name === '' || fenceNames[language].includes(name), lines: [] };
    } else if (ticks >= fence.ticks && rest.trim() === '') {
      if (fence.isWanted) found = fence.lines.join('\n');
      fence = undefined;
    } else {
      fence.lines.push(line);
    }
  }
  return found;
}

/** Backticks at the beginning of a line that is indented by at most three spaces, and what follows them. */
function fenceOf(line: string): { readonly ticks: number; readonly rest: string } {
  const start = line.length - line.trimStart().length;
  let end = start;
  while (line[end] === '`') end++;
  return start > 3 ? { ticks: 0, rest: line } : { ticks: end - start, rest: line.slice(end) };
}
