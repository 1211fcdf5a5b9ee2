import { z } from 'zod';
import { sandboxLanguages, type SandboxLanguage } from '../../../core/sandbox/languages.ts';

/** One test of a program. */
export type CodeTest =
  | { readonly kind: 'output'; readonly input: string; readonly output: string }
  | { readonly kind: 'assertion'; readonly code: string };

/** What a reference says: the tests, and what runs before and after the program's code. */
export interface CodeReference {
  readonly language?: SandboxLanguage | undefined;
  readonly tests: readonly CodeTest[];
  /** Code before the program, such as imports that a signature needs. */
  readonly setup: string;
}

/** Most tests that are read of a reference; more would take longer than a step of training. */
const mostTests = 1000;

const text = z.union([z.string(), z.array(z.string()).transform((lines) => lines.join('\n'))]);

const testSchema = z.union([
  z.string().transform((code): CodeTest => ({ kind: 'assertion', code })),
  z.strictObject({ assert: z.string() }).transform(({ assert: code }): CodeTest => ({ kind: 'assertion', code })),
  z
    .strictObject({ stdin: text.default(''), stdout: text })
    .transform(({ stdin: input, stdout: output }): CodeTest => ({ kind: 'output', input, output })),
]);

const tests = z.array(testSchema).min(1).max(mostTests);

/** As in APPS and TACO: inputs and outputs side by side. */
const sideBySide = z
  .object({ inputs: z.array(text).min(1).max(mostTests), outputs: z.array(text) })
  .refine(({ inputs, outputs }) => inputs.length === outputs.length)
  .transform(({ inputs, outputs }): CodeReference => {
    const paired = inputs.map((input, i): CodeTest => ({ kind: 'output', input, output: outputs[i] ?? '' }));
    return { tests: paired, setup: '' };
  });

const schema = z.union([
  tests.transform((list): CodeReference => ({ tests: list, setup: '' })),
  z.strictObject({ language: z.enum(sandboxLanguages).optional(), setup: z.string().default(''), tests }),
  sideBySide,
]);

/**
 * Reads a reference: JSON, `{"language", "setup", "tests"}`, a list of tests, or `{"inputs", "outputs"}`. Undefined where it is none
 * of these.
 */
export function parseCodeReference(reference: string): CodeReference | undefined {
  let value: unknown;
  try {
    value = JSON.parse(reference);
  } catch {
    return undefined;
  }
  return schema.safeParse(value).data;
}
