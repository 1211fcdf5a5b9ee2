import { z } from 'zod';
import { verifierOptionsSchema, type VerifierOptions } from './verifierOptions.ts';

/** One line of a file of cases. */
export interface VerifierCase {
  readonly id: string | number | undefined;
  /** undefined where the case holds none: the reference is then unusable. */
  readonly gold: string | undefined;
  readonly answer: string;
  readonly options: VerifierOptions;
  /** Whether only what comes out of the answer is asked for. */
  readonly isExtraction: boolean;
}

/** Why a line is no case. */
export interface CaseProblem {
  readonly id: string | number | undefined;
  readonly problem: string;
}

const id = z.union([z.string(), z.number()]);
/** Other keys, such as what is expected and notes, are allowed and ignored. */
const schema = z.object({
  id: id.nullish(),
  gold: z.string().nullish(),
  answer: z.string(),
  options: z.record(z.string(), z.unknown()).nullish(),
  mode: z.enum(['compare', 'extract']).nullish(),
});

/** Reads a line `{"id", "gold", "answer", "options", "mode"}`; options that the case leaves out are `defaults`. */
export function parseVerifierCase(line: string, defaults: VerifierOptions): VerifierCase | CaseProblem {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    return { id: undefined, problem: `no JSON: ${(error as SyntaxError).message}` };
  }
  const given = z.object({ id }).safeParse(json).data?.id;
  const parsed = schema.safeParse(json);
  if (!parsed.success) return { id: given, problem: firstIssue(parsed.error) };
  const options = verifierOptionsSchema.safeParse({ ...defaults, ...parsed.data.options });
  if (!options.success) return { id: given, problem: `options: ${firstIssue(options.error)}` };
  const { gold, answer, mode } = parsed.data;
  return { id: given, gold: gold ?? undefined, answer, options: options.data, isExtraction: mode === 'extract' };
}

function firstIssue({ issues }: z.ZodError): string {
  const issue = issues[0];
  if (issue === undefined) return 'not a case';
  const place = issue.path.join('.');
  return place === '' ? issue.message : `${place}: ${issue.message}`;
}
