/**
 * What went wrong, as a stable code that programs can match on. The part before the slash is the area.
 */
export type ErrorCode =
  | 'config/invalid'
  | 'config/unknown-key'
  | 'config/unknown-plugin'
  | 'config/unreadable'
  | 'model/missing'
  | 'model/invalid-config'
  | 'model/invalid-weights'
  | 'model/unsupported'
  | 'tokenizer/missing'
  | 'tokenizer/invalid'
  | 'safetensors/invalid'
  | 'dataset/empty'
  | 'dataset/invalid'
  | 'dataset/unavailable'
  | 'adapter/no-target'
  | 'adapter/invalid'
  | 'analyzer/failed'
  | 'tensor/unsupported-op'
  | 'tensor/trace'
  | 'tensor/run'
  | 'training/not-finite'
  | 'training/invariant'
  | 'training/prompt-too-long'
  | 'training/no-signal'
  | 'reward/failed'
  | 'run/not-found'
  | 'run/invalid-id'
  | 'run/locked'
  | 'run/not-running'
  | 'run/corrupt'
  | 'run/unwritable'
  | 'run/environment-changed'
  | 'engine/failed'
  | 'engine/unavailable'
  | 'plugin/unreadable'
  | 'plugin/invalid'
  | 'plugin/failed'
  | 'plugin/timeout'
  | 'plugin/nonconforming'
  | 'usage';

/** Structured facts about an error, for `--json` output and tests. Values are JSON. */
export type ErrorFields = Readonly<Record<string, unknown>>;

/**
 * Every error this project raises on purpose. `message` is a sentence for the user: what was wrong, where, what was expected
 * and which choices exist. Anything else that escapes is a defect.
 */
export class RlvrError extends Error {
  readonly code: ErrorCode;
  readonly fields: ErrorFields;

  constructor(code: ErrorCode, message: string, fields: ErrorFields = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RlvrError';
    this.code = code;
    this.fields = fields;
  }
}

/** The error's message, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
