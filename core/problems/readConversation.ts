import type { ContextMessage } from '../contracts/dataset.ts';

/** What is asked, and the messages before it. */
export interface AskedQuestion {
  readonly question: string;
  readonly context: readonly ContextMessage[];
}

/**
 * The last user message of a conversation (`[{role, content}, ...]`) and what comes before it; what comes after is left out. Undefined for
 * what is no conversation with a user message.
 */
export function readConversation(value: unknown): AskedQuestion | undefined {
  if (!Array.isArray(value)) return undefined;
  const messages: ContextMessage[] = [];
  for (const entry of value as readonly unknown[]) {
    const message = readMessage(entry);
    if (message === undefined) return undefined;
    messages.push(message);
  }
  const last = messages.findLastIndex(({ role }) => role === 'user');
  const asked = messages[last];
  return asked && { question: asked.content, context: messages.slice(0, last) };
}

function readMessage(entry: unknown): ContextMessage | undefined {
  if (typeof entry !== 'object' || !entry) return undefined;
  const { role, content } = entry as { role?: unknown; content?: unknown };
  const text = typeof content === 'string' ? content : textOfParts(content);
  return typeof role === 'string' && text !== undefined ? { role, content: text } : undefined;
}

/** The text of a message in parts; undefined where a part is an image or something else that is no text. */
function textOfParts(content: unknown): string | undefined {
  if (!Array.isArray(content)) return undefined;
  const texts = (content as readonly unknown[]).map((part) => (part as { text?: unknown } | undefined)?.text);
  return texts.every((text) => typeof text === 'string') ? texts.join('') : undefined;
}
