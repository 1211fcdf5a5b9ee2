import { describe, expect, it } from 'vitest';
import { applyChatTemplate } from '../../core/model/applyChatTemplate.ts';

const messages = [{ role: 'user', content: 'hi' }];

describe('applyChatTemplate', () => {
  it("uses the tokenizer's template and special tokens", () => {
    const tokenizer = {
      chatTemplates: new Map([['default', '{{ bos_token }}{{ messages[0].content }}']]),
      specialTokens: { bos_token: '<s>' },
    };
    expect(applyChatTemplate(tokenizer, messages)).toBe('<s>hi');
  });

  it('says when there is no template to use', () => {
    const several = {
      chatTemplates: new Map([
        ['a', ''],
        ['b', ''],
      ]),
      specialTokens: {},
    };
    expect(() => applyChatTemplate({ chatTemplates: new Map(), specialTokens: {} }, messages)).toThrow(/it has none/);
    expect(() => applyChatTemplate(several, messages)).toThrow(
      expect.objectContaining({ code: 'tokenizer/missing', fields: { templates: ['a', 'b'] } }),
    );
  });
});
