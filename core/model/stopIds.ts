import type { DecoderConfig } from './modelConfig.ts';
import type { Tokenizer } from './tokenizer.ts';

/** Tokens that end a completion: those of the tokenizer and those that the model's configuration names. */
export function stopIdsOf(tokenizer: Tokenizer, config: DecoderConfig): readonly number[] {
  return [...new Set([...tokenizer.eosIds, ...config.eosTokenIds])];
}
