import { describe, expect, it } from 'vitest';
import { renderChat } from '../../core/model/chatTemplate.ts';

const messages = [{ role: 'user', content: 'hi' }];

describe('renderChat', () => {
  it('passes special tokens, variables and tools on, variables last', () => {
    const template = '{{ bos_token }}{{ x }}{{ tools[0].name }}{{ add_generation_prompt }}';
    const options = {
      specialTokens: { bos_token: '<s>', x: 'lost' },
      variables: { x: [1] },
      tools: [{ name: 'f' }],
      addGenerationPrompt: true,
    };
    expect(renderChat(template, messages, options)).toBe('<s>[1]fTrue');
    expect(renderChat('{{ tools }}{{ documents }}{{ add_generation_prompt }}', messages)).toBe('NoneNoneFalse');
  });

  it('lets a variable replace a function of the template', () => {
    expect(renderChat('{{ range }}{{ namespace }}', messages, { variables: { range: 1, namespace: 2 } })).toBe('12');
  });

  it('renders the same template again, with other messages', () => {
    const template = '{% for m in messages %}{{ m.content }}{% endfor %}';
    expect(renderChat(template, messages)).toBe('hi');
    expect(renderChat(template, [{ role: 'user', content: 'ho' }])).toBe('ho');
    for (let i = 0; i < 40; i += 1) expect(renderChat(`${template}${i}`, messages)).toBe(`hi${i}`);
  });

  it('keeps the keys of messages data', () => {
    const message = JSON.parse(
      '{"role":"user","content":"x","__proto__":{"polluted":1},"constructor":2}',
    ) as (typeof messages)[0];
    expect(
      renderChat('{{ messages[0].polluted }}|{{ messages[0].constructor }}|{{ messages[0].toString }}', [message]),
    ).toBe('|2|');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('gives strftime_now the time that it is told', () => {
    const now = new Date(2026, 0, 5, 13, 4, 9);
    expect(renderChat("{{ strftime_now('%d %b %Y %-I:%M %p') }}", messages, { now })).toBe('05 Jan 2026 1:04 PM');
  });

  it.each([
    ['raise_exception', "{{ raise_exception('roles must alternate') }}", 'refuses the messages: roles must alternate'],
    ['broken syntax', '{% if %}', 'cannot be rendered'],
    ['an unknown directive', "{{ strftime_now('%Q') }}", 'does not know %Q'],
    ['a huge range', '{{ range(1000000000)|length }}', 'expected at most 100000'],
    ['endless work', '{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}', 'steps'],
    ['endless work in calls', '{% for a in range(100000) %}{{ range(100000)|length }}{% endfor %}', 'steps'],
    ['a text that doubles', `{% set x = 'xxxxxxxx' %}${'{% set x = x ~ x %}'.repeat(60)}`, 'cannot be rendered'],
    ['a text that is repeated', "{{ 'x' * 1000000000000 }}", 'characters'],
    ['endless recursion', '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}', 'cannot be rendered'],
    ['deep nesting', '{% if true %}'.repeat(20000), 'cannot be rendered'],
    ['many brackets', `{{ ${'('.repeat(50000)} }}`, 'cannot be rendered'],
  ])('refuses %s', (_, template, problem) => {
    expect(() => renderChat(template, messages)).toThrow(
      expect.objectContaining({ code: 'tokenizer/invalid', message: expect.stringContaining(problem) as string }),
    );
  });
});
