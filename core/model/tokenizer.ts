import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import path from 'node:path';
import { messageOf, RlvrError } from '../errors.ts';
import { selectChatTemplate } from './chatTemplates.ts';
import { correctDecoder } from './tokenizerDecoders.ts';
import type { TokenizerSettings } from './tokenizerSettings.ts';
import { readTokenizerSettings } from './tokenizerSettings.ts';

/** Text to token ids and back, as transformers' tokenizer of the same folder does it. */
export interface Tokenizer {
  /** One more than the largest token id. A model's embedding may have more rows, never fewer. */
  readonly vocabularySize: number;
  /** Token ids of a text. Special tokens written out in it are recognised; those that the tokenizer adds by itself are off by default. */
  encode(text: string, options?: { readonly addSpecialTokens?: boolean }): number[];
  /** Text of token ids. Ids without a token give nothing; a character that is cut short gives U+FFFD. */
  decode(ids: readonly number[], options?: { readonly skipSpecialTokens?: boolean }): string;
  /** The token of an id, as the vocabulary writes it. */
  tokenOf(id: number): string | undefined;
  /** The id of a token of the vocabulary. */
  idOf(token: string): number | undefined;
  readonly bosId: number | undefined;
  /** The end token; a model's generation settings may name more. */
  readonly eosIds: readonly number[];
  /** The padding token, or the end token where there is none. */
  readonly padId: number | undefined;
  /** Special tokens by the names that chat templates know them by: `bos_token`, `eos_token` and so on. */
  readonly specialTokens: Readonly<Record<string, string>>;
  /** The template for conversations without tools. */
  readonly chatTemplate: string | undefined;
  /** All chat templates by name; a single one is `default`. */
  readonly chatTemplates: ReadonlyMap<string, string>;
}

/**
 * Loads the tokenizer of a Hugging Face folder: tokenizer.json, and tokenizer_config.json, special_tokens_map.json and chat templates
 * where they exist. With the model that it is for, its ids must be rows of that model's embedding.
 *
 * @throws RlvrError `tokenizer/missing` without tokenizer.json, `tokenizer/invalid` for files that are damaged or need what is not
 *   supported
 */
export function loadTokenizer(folder: string, model?: { readonly vocabularySize: number }): Tokenizer {
  const settings = readTokenizerSettings(folder);
  const file = path.join(folder, 'tokenizer.json');
  if (model !== undefined && settings.vocabularySize > model.vocabularySize) {
    const largest = settings.vocabularySize - 1;
    throw invalidTokenizer(
      file,
      `token ${largest} is outside of the model; expected less than vocab_size ${model.vocabularySize}`,
    );
  }
  const library = construct(settings, file);
  const idOf = (token: string | undefined): number | undefined =>
    token === undefined ? undefined : library.token_to_id(token);
  const { bos_token, eos_token, pad_token } = settings.specialTokens;
  const eosId = idOf(eos_token);

  function encode(text: string, { addSpecialTokens = false } = {}): number[] {
    return guarded('encoded', () => library.encode(text, { add_special_tokens: addSpecialTokens }).ids);
  }

  function decode(ids: readonly number[], { skipSpecialTokens = false } = {}): string {
    const known = ids.filter((id) => library.id_to_token(id) !== undefined);
    if (known.length === 0) return '';
    // Byte-level tokenizers keep spaces exactly, and transformers 5 ignores clean-up for them whatever the settings say.
    const options = { skip_special_tokens: skipSpecialTokens, clean_up_tokenization_spaces: settings.cleanUpSpaces };
    return guarded('decoded', () => library.decode(known, options));
  }

  function guarded<Result>(action: string, run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      throw invalidTokenizer(file, `text cannot be ${action}: ${messageOf(error)}`, error);
    }
  }

  return {
    vocabularySize: settings.vocabularySize,
    encode,
    decode,
    tokenOf: (id) => library.id_to_token(id),
    idOf,
    bosId: idOf(bos_token),
    eosIds: eosId === undefined ? [] : [eosId],
    padId: idOf(pad_token) ?? eosId,
    specialTokens: settings.specialTokens,
    chatTemplate: selectChatTemplate(settings.chatTemplates),
    chatTemplates: settings.chatTemplates,
  };
}

function construct({ tokenizer, config }: TokenizerSettings, file: string): LibraryTokenizer {
  try {
    const library = new LibraryTokenizer(tokenizer, config);
    correctDecoder(library.decoder);
    return library;
  } catch (error) {
    throw invalidTokenizer(file, messageOf(error), error);
  }
}

function invalidTokenizer(file: string, problem: string, cause?: unknown): RlvrError {
  return new RlvrError('tokenizer/invalid', `${file}: ${problem}`, { path: file }, { cause });
}
