import type { InputSpec } from '../tensor/trace.ts';
import { packedSizeNames, type HeadCounts } from './packing.ts';

const size = packedSizeNames;
const int32 = (...shape: (number | string)[]): InputSpec => ({ shape, dtype: 'int32' });

/** Inputs of a graph over packed sequences (see packSequences); without completions only the prompt part. */
export function packedInputs(
  { heads, keyValueHeads }: HeadCounts,
  withCompletions: boolean,
): Readonly<Record<string, InputSpec>> {
  // Without completions the prompts' tokens are all tokens, and have to be the same size for tensors to match.
  const promptTokens = withCompletions ? size.promptTokens : size.tokens;
  const prompt = {
    ids: int32(size.tokens),
    positions: int32(size.tokens),
    'prompt.slots': int32(size.promptWidth),
    'prompt.queries': int32(size.prompts, heads, size.promptWidth),
    'prompt.places': int32(size.prompts, heads, size.promptWidth),
    'prompt.outputs': int32(promptTokens, heads),
    'prompt.keys': int32(size.prompts, keyValueHeads, size.promptWidth),
    'prompt.keyPlaces': int32(promptTokens, keyValueHeads),
  };
  if (!withCompletions) return prompt;
  return {
    ...prompt,
    'prompt.lengths': int32(size.prompts),
    'completion.slots': int32(size.completionWidth),
    'completion.prompt': int32(size.completions),
    'completion.queries': int32(size.completions, heads, size.completionWidth),
    'completion.places': int32(size.completions, heads, size.completionWidth),
    'completion.outputs': int32(size.completionTokens, heads),
    'completion.keys': int32(size.completions, keyValueHeads, size.completionWidth),
    'completion.keyPlaces': int32(size.completionTokens, keyValueHeads),
    membership: { shape: [size.prompts, size.completions], dtype: 'float32' },
    lastOfPrompt: int32(size.prompts),
    lastOfPromptBack: int32(size.promptTokens),
    predictors: int32(size.completionTokens),
    predictorsBack: int32(size.predictorSources),
  };
}
