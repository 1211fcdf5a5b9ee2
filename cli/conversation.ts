import { RlvrError } from '../core/errors.ts';
import { renderChat } from '../core/model/chatTemplate.ts';
import type { ChatMessage } from '../core/model/chatTemplate.ts';
import { randomStream } from '../core/tensor/random.ts';
import { createSampler } from '../core/training/rollout.ts';
import { plainSampling } from '../core/training/sampling.ts';
import type { Sampler, WeightFeeds } from '../core/training/rollout.ts';
import { feedsOf } from './loadedPolicy.ts';
import type { LoadedPolicy } from './loadedPolicy.ts';

/** How answers are sampled, and what stands around what the user says. */
export interface ConversationOptions {
  /** `{question}` stands for what the user says. */
  readonly template: string;
  readonly system: string | undefined;
  /** Whether the model's chat template is used. */
  readonly chat: boolean;
  /** Whether the model sees the turns before. */
  readonly history: boolean;
  /** 0: greedy. */
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
  readonly seed: number;
}

/** One answer of the model. */
export interface Answer {
  readonly prompt: string;
  readonly completion: string;
  readonly tokens: number;
  /** Whether it ended by itself rather than at the limit. */
  readonly finished: boolean;
}

/** A conversation with a model. */
export interface Conversation {
  /**
   * Asks, and tells the answer piece by piece as it is sampled. The same questions in the same order get the same answers. Throws
   * `training/prompt-too-long`.
   */
  ask(question: string, onDidWrite?: (text: string) => void, signal?: AbortSignal): Promise<Answer>;
  /** Forgets the turns before. */
  clear(): void;
  release(): Promise<void>;
}

/** Starts a conversation. Throws `tokenizer/invalid` for a model without chat template where one is asked for. */
export function startConversation(policy: LoadedPolicy, options: ConversationOptions): Conversation {
  const sampler = createSampler(policy.checkpoint.config);
  const feeds = feedsOf(policy);
  let turns: readonly ChatMessage[] = [];
  let asked = 0;
  return {
    ask: async (question, onDidWrite, signal) => {
      const said = options.template.replaceAll('{question}', () => question);
      const messages = [...turns, { role: 'user', content: said }];
      const text = promptText(policy, options, messages, said);
      const answer = await sample({ policy, options, sampler, feeds }, text, asked, onDidWrite, signal);
      asked += 1;
      if (options.history) turns = [...messages, { role: 'assistant', content: answer.completion }];
      return answer;
    },
    clear: () => {
      turns = [];
    },
    release: () => sampler.release(),
  };
}

function promptText(
  { tokenizer }: LoadedPolicy,
  { chat, system, history }: ConversationOptions,
  turns: readonly ChatMessage[],
  said: string,
): string {
  if (!chat) return history ? turns.map(({ content }) => String(content)).join('\n') : said;
  if (tokenizer.chatTemplate === undefined) {
    throw new RlvrError('tokenizer/invalid', 'The model has no chat template: `--raw` lets it go on with plain text.');
  }
  const messages = [...(system === undefined ? [] : [{ role: 'system', content: system }]), ...turns];
  return renderChat(tokenizer.chatTemplate, messages, {
    addGenerationPrompt: true,
    specialTokens: tokenizer.specialTokens,
  });
}

interface Sampling {
  readonly policy: LoadedPolicy;
  readonly options: ConversationOptions;
  readonly sampler: Sampler;
  readonly feeds: WeightFeeds;
}

async function sample(
  { policy, options, sampler, feeds }: Sampling,
  text: string,
  turn: number,
  onDidWrite: ((text: string) => void) | undefined,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const { tokenizer, checkpoint, stopIds } = policy;
  const ids = tokenizer.encode(text, { addSpecialTokens: !options.chat });
  const context = checkpoint.config.maxPositionEmbeddings;
  const room = context - ids.length;
  if (room < 1 || ids.length === 0) {
    const problem = ids.length === 0 ? 'The prompt is empty.' : `The prompt has ${ids.length} tokens`;
    const message =
      ids.length === 0 ? problem : `${problem}; the model's context of ${context} leaves no room to answer.`;
    throw new RlvrError('training/prompt-too-long', message, { tokens: ids.length, context });
  }
  const decode = (sampled: readonly number[]): string => tokenizer.decode(sampled, { skipSpecialTokens: true });
  let written = 0;
  const tell = (whole: string): void => {
    if (whole.length > written) onDidWrite?.(whole.slice(written));
    written = Math.max(written, whole.length);
  };
  const [completion] = await sampler.generate(feeds, {
    prompts: [ids],
    rows: [{ prompt: 0, random: randomStream(options.seed, 'generate', turn) }],
    maxTokens: Math.min(options.maxTokens, room),
    minTokens: 0,
    stopIds,
    sampling: plainSampling(options.temperature, options.topP),
    // A character may be spread over tokens that are not all there yet.
    onDidDecode: ({ ids: rows }) => {
      tell(decode(rows[0] ?? []).replace(/\ufffd+$/, ''));
    },
    ...(signal === undefined ? {} : { signal }),
  });
  const answer = decode(completion?.ids ?? []);
  tell(answer);
  const { ids: sampled = [], finished = false } = completion ?? {};
  return { prompt: text, completion: answer, tokens: sampled.length, finished };
}
