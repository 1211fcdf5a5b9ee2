import { Environment, parse, tokenize } from '@huggingface/jinja';
import { messageOf, RlvrError } from '../errors.ts';
import { JinjaInterpreter } from './jinjaInterpreter.ts';
import { toJinja, toText } from './jinjaValue.ts';
import { strftime } from './strftime.ts';

/** A turn of a conversation: JSON data, with a role. */
export interface ChatMessage {
  readonly role: string;
  readonly content?: unknown;
  readonly [key: string]: unknown;
}

/** What a template is rendered with. */
export interface ChatOptions {
  /** Whether the text ends where the assistant's answer begins; default false. */
  readonly addGenerationPrompt?: boolean;
  /** Tools as JSON schemas. */
  readonly tools?: readonly unknown[];
  readonly documents?: readonly unknown[];
  /** Further variables, such as `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** `bos_token`, `eos_token` and so on. */
  readonly specialTokens?: Readonly<Record<string, string>>;
  /** What `strftime_now` takes for now. */
  readonly now?: Date;
}

type Program = ReturnType<typeof parse>;

const MOST_PARSED_KEPT = 16;
// The limit of Jinja's sandbox.
const LONGEST_RANGE = 100_000;

const parsedTemplates = new Map<string, Program>();

/**
 * Renders a chat template as transformers' `apply_chat_template(tokenize=False)` does: blocks trimmed, `tools` and `documents` none where
 * they are left out, special tokens and further variables by name, reasoning under each of its names.
 *
 * @throws RlvrError `tokenizer/invalid`, if the template cannot be parsed, fails, or refuses the messages with `raise_exception`
 */
export function renderChat(template: string, messages: readonly ChatMessage[], options: ChatOptions = {}): string {
  try {
    const program = parsed(template);
    const interpreter = new JinjaInterpreter(Object.getPrototypeOf(program) as object);
    return toText(interpreter.evaluate(program, environmentOf(messages, options)));
  } catch (error) {
    if (error instanceof RlvrError) throw error;
    throw invalid(`the chat template cannot be rendered: ${messageOf(error)}`, { cause: error });
  }
}

function parsed(template: string): Program {
  const known = parsedTemplates.get(template);
  if (known !== undefined) return known;
  const program = parse(tokenize(trimBlocks(template)));
  if (parsedTemplates.size >= MOST_PARSED_KEPT) parsedTemplates.clear();
  parsedTemplates.set(template, program);
  return program;
}

/**
 * Jinja's `lstrip_blocks` and `trim_blocks`, and `+` which suspends them for one tag. The library's own take `{-` and `-}` in plain text
 * for tags and do not know `+`.
 */
function trimBlocks(template: string): string {
  return template
    .replace(/\r\n?/g, '\n')
    .replace(/^[ \t]+(?=\{[#%](?!\+))/gm, '')
    .replace(/(?<!\+)([#%]\})\n/g, '$1')
    .replace(/(\{[#%])\+/g, '$1')
    .replace(/\+([#%]\})/g, '$1');
}

function environmentOf(messages: readonly ChatMessage[], options: ChatOptions): Environment {
  const environment = new Environment();
  const { addGenerationPrompt = false, tools, documents, variables = {}, specialTokens = {}, now } = options;
  // eslint-disable-next-line no-restricted-syntax -- Jinja's none
  const none = null;
  const globals: Record<string, unknown> = {
    true: true,
    True: true,
    false: false,
    False: false,
    none,
    None: none,
    range,
    raise_exception: raiseException,
    strftime_now: (pattern: string) => strftime(now ?? new Date(), pattern),
    ...specialTokens,
    messages: messages.map(withReasoningAliases),
    tools: tools ?? none,
    documents: documents ?? none,
    add_generation_prompt: addGenerationPrompt,
    ...variables,
  };
  for (const [name, value] of Object.entries(globals)) environment.setVariable(name, toJinja(value));
  return environment;
}

/** transformers passes reasoning on under the name that templates read, whatever the message calls it. */
function withReasoningAliases(message: ChatMessage): ChatMessage {
  const reasoning = message['reasoning_content'] ?? message['thinking'] ?? message['reasoning'];
  return reasoning === undefined || reasoning === null
    ? message
    : { thinking: reasoning, ...message, reasoning_content: reasoning };
}

function range(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (step === 0) throw new RangeError('range() takes a step other than 0');
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (length > LONGEST_RANGE) throw new RangeError(`range() of ${length} numbers; expected at most ${LONGEST_RANGE}`);
  return Array.from({ length }, (_, i) => start + i * step);
}

function raiseException(message: unknown): never {
  throw invalid(`the chat template refuses the messages: ${String(message)}`);
}

function invalid(message: string, options?: ErrorOptions): RlvrError {
  return new RlvrError('tokenizer/invalid', message, {}, options);
}
