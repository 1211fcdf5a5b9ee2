import { text } from 'node:stream/consumers';
import { RlvrError } from '../../core/errors.ts';
import { createVerifierPool } from '../../core/verifier/pool/verifierPool.ts';
import type { Verification } from '../../core/verifier/verification.ts';
import { verifierOptionsSchema, type VerifierOptions } from '../../core/verifier/verifierOptions.ts';
import type { CommandContext } from '../command.ts';
import { writeJsonWithNulls, writeLine } from '../terminal.ts';
import { verdicts, verificationJson } from '../verdict.ts';
import { verifyFile } from '../verifyFile.ts';

/** Options of `rlvr verify`. */
export interface VerifyOptions {
  readonly gold?: string;
  /** The completion; `-` reads it from standard input. */
  readonly answer?: string;
  /** Cases, one JSON object a line. */
  readonly file?: string;
  readonly precision?: number;
  /** Kinds of answers, as in `latex,expr`. */
  readonly extraction?: string;
  /** Choices, as in `A,B,C,D`. */
  readonly strings?: string;
  readonly boxedPriority?: number;
  readonly strict: boolean;
  readonly allowSetRelationComp?: boolean;
  /** Milliseconds of one comparison at most. */
  readonly limit?: number;
}

/**
 * `rlvr verify --gold G --answer A`: is the completion's answer the reference? Ends with 0 for equal, 1 for not equal, 3 where the
 * reference cannot be used. `--file` judges many cases.
 */
export async function verifyCommand(context: CommandContext, options: VerifyOptions): Promise<number> {
  const verifierOptions = optionsOf(options);
  const { gold, answer, file, limit } = options;
  const pool = createVerifierPool(limit === undefined ? {} : { limitMilliseconds: limit });
  try {
    if (file !== undefined && gold === undefined && answer === undefined) {
      return await verifyFile(context, file, verifierOptions, pool);
    }
    if (file !== undefined || gold === undefined || answer === undefined) {
      throw new RlvrError('usage', 'Give --gold and --answer for one answer, or --file for many.');
    }
    const completion = answer === '-' ? await text(context.terminal.in) : answer;
    const verification = await pool.verify(completion, gold, verifierOptions);
    show(context, verification);
    return verdicts[`${verification.equal}`].code;
  } finally {
    await pool.close();
  }
}

function show({ terminal, json }: CommandContext, verification: Verification): void {
  if (json) {
    writeJsonWithNulls(terminal, verificationJson(verification));
    return;
  }
  const { name, style } = verdicts[`${verification.equal}`];
  writeLine(terminal, `${terminal.style(style, name)}, decided by: ${verification.decidedBy}`);
  for (const { step, detail } of verification.trace) {
    writeLine(terminal, `  ${terminal.style('dim', step.padEnd(10))}  ${detail}`);
  }
}

function optionsOf(options: VerifyOptions): VerifierOptions {
  const { precision, strict, allowSetRelationComp, boxedPriority } = options;
  const kinds = (options.extraction ?? (options.strings === undefined ? 'latex,expr' : 'string')).split(',');
  const parsed = verifierOptionsSchema.safeParse({
    extraction: kinds.map((kind) => targetOf(kind.trim(), boxedPriority, options.strings?.split(','))),
    ...(precision === undefined ? {} : { precision }),
    strict,
    allow_set_relation_comp: allowSetRelationComp ?? false,
  });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new RlvrError(
    'usage',
    `The options cannot be used: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}. Kinds of extraction: latex, expr, string.`,
  );
}

function targetOf(type: string, priority: number | undefined, strings: readonly string[] | undefined): object {
  if (type === 'latex' && priority !== undefined) return { type, boxed_match_priority: priority };
  return type === 'string' && strings !== undefined ? { type, strings } : { type };
}
