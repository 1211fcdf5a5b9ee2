import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const END_OF_TEXT = '<|endoftext|>';
const MESSAGE_START = '<|im_start|>';
const MESSAGE_END = '<|im_end|>';
const UNKNOWN = '<|unk|>';

/** Control tokens, which decoding may leave out. */
const SPECIAL = [END_OF_TEXT, MESSAGE_START, MESSAGE_END, UNKNOWN];
/** Marks that an answer is read by: one token each, and always part of the decoded text. */
const MARKS = ['<think>', '</think>', '\\boxed{'];
/** What stands in nearly every prompt or worked answer is one token, which halves a prompt's length. */
const WORDS = ['user\n', 'assistant\n', 'system\n', 'What is ', 'Solve ', 'Use ', ' to make ', ', '];
/** Tab, line feed and printable ASCII; any other character is dropped. */
const CHARACTERS = ['\t', '\n', ...Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))];

/** How tokenizer.json says that it has no such part. */
const ABSENT = null; // eslint-disable-line no-restricted-syntax -- the file format's own word

/** Every token of the base model's vocabulary; its place is its id. */
export const baseVocabulary: readonly string[] = [...SPECIAL, ...MARKS, ...WORDS, ...CHARACTERS];

/** How tokenizers that work on bytes write the few of our characters that are not visible ones. */
const BYTE_LEVEL: Readonly<Record<string, string>> = { '\t': '\u0109', '\n': '\u010a', ' ': '\u0120' };

/** Ids that the base model's configuration needs. */
export const baseTokenIds = {
  pad: baseVocabulary.indexOf(END_OF_TEXT),
  bos: baseVocabulary.indexOf(END_OF_TEXT),
  eos: baseVocabulary.indexOf(MESSAGE_END),
} as const;

/** ChatML. With the words above, `What is (12+7)*3-5?` is a prompt of 18 tokens. */
const CHAT_TEMPLATE =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/** Reading and writing text as bytes, spaces exactly as they are. */
const BYTES = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };

function tokenizerJson(): object {
  const added = [...SPECIAL, ...MARKS, ...WORDS].map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: SPECIAL.includes(content),
  }));
  return {
    version: '1.0',
    truncation: ABSENT,
    padding: ABSENT,
    added_tokens: added,
    normalizer: { type: 'NFC' },
    pre_tokenizer: BYTES,
    post_processor: ABSENT,
    decoder: BYTES,
    model: {
      type: 'BPE',
      dropout: ABSENT,
      unk_token: ABSENT,
      continuing_subword_prefix: ABSENT,
      end_of_word_suffix: ABSENT,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(baseVocabulary.map((token, id) => [BYTE_LEVEL[token] ?? token, id])),
      merges: [],
    },
  };
}

function tokenizerConfig(contextLength: number): object {
  return {
    tokenizer_class: 'Qwen2Tokenizer',
    add_prefix_space: false,
    bos_token: END_OF_TEXT,
    eos_token: MESSAGE_END,
    pad_token: END_OF_TEXT,
    unk_token: UNKNOWN,
    padding_side: 'left',
    clean_up_tokenization_spaces: false,
    model_max_length: contextLength,
    chat_template: CHAT_TEMPLATE,
  };
}

/**
 * Writes `tokenizer.json` and `tokenizer_config.json` of the base model into a folder: one token a character (a byte-pair encoding without
 * merges) besides the words above. It has Qwen2's parts, for transformers 5 takes those for every model of type qwen2 and only the
 * vocabulary from the file: bytes in and out, NFC, and characters without a token dropped.
 */
export function writeBaseTokenizer(folder: string, contextLength = 256): void {
  mkdirSync(folder, { recursive: true });
  const files = { 'tokenizer.json': tokenizerJson(), 'tokenizer_config.json': tokenizerConfig(contextLength) };
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(path.join(folder, name), `${JSON.stringify(content, undefined, 2)}\n`);
  }
}
