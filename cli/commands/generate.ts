import { createInterface } from 'node:readline/promises';
import { messageOf, RlvrError } from '../../core/errors.ts';
import { loadCatalog } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { startConversation } from '../conversation.ts';
import type { Answer, Conversation, ConversationOptions } from '../conversation.ts';
import { clean } from '../display/textLine.ts';
import { exitCodes } from '../exitCodes.ts';
import { loadPolicy } from '../loadedPolicy.ts';
import { findSubject } from '../subject.ts';
import type { Subject } from '../subject.ts';
import { writeJson, writeLine } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

/** Options of `rlvr generate`. */
export interface GenerateOptions {
  readonly checkpoint?: number | 'best';
  readonly temperature?: number;
  readonly topP?: number;
  readonly maxTokens?: number;
  readonly seed?: number;
  readonly system?: string;
  /** Whether the prompt is given to the model as it is, without chat template. */
  readonly raw?: boolean;
  readonly history?: boolean;
}

const defaults = { temperature: 1, topP: 1, maxTokens: 256, seed: 42 };

/**
 * `rlvr generate RUN|MODEL [PROMPT]`: asks the model as it was trained to be asked. Without a prompt it talks in a terminal, and answers
 * line by line where its input is piped.
 */
export async function generateCommand(
  context: CommandContext,
  reference: string,
  prompt: string | undefined,
  options: GenerateOptions,
): Promise<number> {
  const { terminal, json } = context;
  const subject = findSubject(context, reference, options.checkpoint);
  const policy = await loadPolicy(subject, await loadCatalog(context));
  const conversation = startConversation(policy, conversationOptions(subject, options));
  try {
    if (prompt !== undefined) await answerOne(context, conversation, prompt);
    else if (terminal.in.isTTY === true && terminal.isLive && !json) await talk(terminal, conversation, subject.name);
    else await answerLines(context, conversation);
  } finally {
    await conversation.release();
  }
  return exitCodes.success;
}

/** A run's prompts are asked as in its training; options come before what it says. */
function conversationOptions(subject: Subject, options: GenerateOptions): ConversationOptions {
  const experiment = subject.kind === 'run' ? subject.record.experiment : undefined;
  const { raw = false, history = false } = options;
  return {
    template: raw ? '{question}' : (experiment?.data.template ?? '{question}'),
    system: options.system ?? experiment?.data.system,
    chat: !raw && (experiment?.data.chat ?? true),
    history,
    temperature: options.temperature ?? experiment?.rollout.temperature ?? defaults.temperature,
    topP: options.topP ?? experiment?.rollout.top_p ?? defaults.topP,
    maxTokens: options.maxTokens ?? experiment?.rollout.max_completion_tokens ?? defaults.maxTokens,
    seed: options.seed ?? defaults.seed,
  };
}

async function answerOne(
  { terminal, json }: CommandContext,
  conversation: Conversation,
  prompt: string,
): Promise<void> {
  if (json) writeJson(terminal, describeJson(prompt, await conversation.ask(prompt)));
  else await stream(terminal, conversation, prompt);
}

/** One answer for each line of the input; with `json` one object a line. */
async function answerLines({ terminal, json }: CommandContext, conversation: Conversation): Promise<void> {
  const lines = createInterface({ input: terminal.in, crlfDelay: Infinity });
  for await (const line of lines) {
    if (line.trim() === '') continue;
    if (json) writeJson(terminal, describeJson(line, await conversation.ask(line)), { compact: true });
    else await stream(terminal, conversation, line);
  }
}

/** Asks and answers until the user leaves with Ctrl-D, Ctrl-C or /exit. */
async function talk(terminal: Terminal, conversation: Conversation, name: string): Promise<void> {
  const hint = '/new forgets what was said, /exit or Ctrl-D leaves, Ctrl-C ends an answer';
  writeLine(terminal, `${terminal.style('bold', name)}  ${terminal.style('dim', hint)}`);
  const input = createInterface({ input: terminal.in, output: terminal.out, terminal: true });
  let answering: AbortController | undefined;
  input.on('SIGINT', () => {
    if (answering === undefined) input.close();
    else answering.abort();
  });
  const ended = new Promise<undefined>((resolve) => {
    input.once('close', () => {
      resolve(undefined);
    });
  });
  for (;;) {
    const line = await Promise.race([input.question('> ').catch(() => undefined), ended]);
    if (line === undefined || /^\/(exit|quit)$/.test(line.trim())) break;
    if (line.trim() === '/new') conversation.clear();
    else if (line.trim() !== '') {
      answering = new AbortController();
      await stream(terminal, conversation, line, answering.signal).catch((error: unknown) => {
        tellProblem(terminal, error);
      });
      answering = undefined;
    }
  }
  input.close();
}

/** An answer that was ended by the user, or a question that is too long, does not end the conversation. */
function tellProblem(terminal: Terminal, error: unknown): void {
  if (!(error instanceof RlvrError)) throw error;
  const { code } = error;
  if (code === 'run/not-running') writeLine(terminal);
  else if (code === 'training/prompt-too-long') writeLine(terminal, `${messageOf(error)} /new starts over.`);
  else throw error;
}

async function stream(
  terminal: Terminal,
  conversation: Conversation,
  question: string,
  signal?: AbortSignal,
): Promise<void> {
  const { tokens, finished } = await conversation.ask(
    question,
    (text) => {
      // A model's text may hold control characters; lines are its own.
      terminal.out.write(text.split('\n').map(clean).join('\n'));
    },
    signal,
  );
  writeLine(terminal);
  if (!finished) terminal.err.write(`(cut off after ${tokens} tokens)\n`);
}

function describeJson(question: string, { prompt, completion, tokens, finished }: Answer): object {
  return { question, prompt, completion, tokens, finished };
}
