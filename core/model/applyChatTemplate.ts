import { RlvrError } from '../errors.ts';
import type { ChatMessage, ChatOptions } from './chatTemplate.ts';
import { renderChat } from './chatTemplate.ts';
import { selectChatTemplate } from './chatTemplates.ts';
import type { Tokenizer } from './tokenizer.ts';

/**
 * Renders a conversation with the tokenizer's own template and special tokens.
 *
 * @throws RlvrError `tokenizer/missing` if it has no template, `tokenizer/invalid` as `renderChat` does
 */
export function applyChatTemplate(
  tokenizer: Pick<Tokenizer, 'chatTemplates' | 'specialTokens'>,
  messages: readonly ChatMessage[],
  options: ChatOptions = {},
): string {
  const { chatTemplates, specialTokens } = tokenizer;
  const template = selectChatTemplate(chatTemplates, options.tools !== undefined);
  if (template === undefined) {
    const names = [...chatTemplates.keys()];
    const problem = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}, and none of them is the default`;
    throw new RlvrError('tokenizer/missing', `the tokenizer has no chat template to use: ${problem}`, {
      templates: names,
    });
  }
  return renderChat(template, messages, { ...options, specialTokens: { ...specialTokens, ...options.specialTokens } });
}
