import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readChatTemplates, selectChatTemplate } from '../../core/model/chatTemplates.ts';
import { temporaryFolder } from './modelFolders.ts';

const root = temporaryFolder();

describe('readChatTemplates', () => {
  it('prefers files to tokenizer_config.json, and that to chat_template.json', () => {
    const folder = path.join(root, 'all');
    mkdirSync(folder);
    expect(readChatTemplates(folder, {})).toEqual(new Map());
    writeFileSync(path.join(folder, 'chat_template.json'), '{"chat_template":"json"}');
    expect(readChatTemplates(folder, {})).toEqual(new Map([['default', 'json']]));
    expect(readChatTemplates(folder, { chat_template: 'config' })).toEqual(new Map([['default', 'config']]));
    writeFileSync(path.join(folder, 'chat_template.jinja'), 'jinja');
    expect(readChatTemplates(folder, { chat_template: 'config' })).toEqual(new Map([['default', 'jinja']]));
    mkdirSync(path.join(folder, 'additional_chat_templates'));
    writeFileSync(path.join(folder, 'additional_chat_templates', 'tool_use.jinja'), 'tools');
    expect(readChatTemplates(folder, {})).toEqual(
      new Map([
        ['default', 'jinja'],
        ['tool_use', 'tools'],
      ]),
    );
  });

  it('reads a list of named templates and passes over what is none', () => {
    const list = [{ name: 'default', template: 'a' }, { name: 'tool_use', template: 'b' }, { name: 1 }, 'x'];
    expect(readChatTemplates(root, { chat_template: list })).toEqual(
      new Map([
        ['default', 'a'],
        ['tool_use', 'b'],
      ]),
    );
    expect(readChatTemplates(root, { chat_template: 3 })).toEqual(new Map());
  });

  it('refuses a template that is a folder or no text', () => {
    const folder = path.join(root, 'broken');
    mkdirSync(path.join(folder, 'chat_template.jinja'), { recursive: true });
    expect(() => readChatTemplates(folder, {})).toThrow(expect.objectContaining({ code: 'tokenizer/invalid' }));
  });
});

describe('selectChatTemplate', () => {
  it('takes the one for tools, the default, or the only one', () => {
    const both = new Map([
      ['default', 'a'],
      ['tool_use', 'b'],
    ]);
    expect([selectChatTemplate(both), selectChatTemplate(both, true)]).toEqual(['a', 'b']);
    expect(selectChatTemplate(new Map([['rag', 'c']]))).toBe('c');
    expect(
      selectChatTemplate(
        new Map([
          ['rag', 'c'],
          ['x', 'd'],
        ]),
      ),
    ).toBeUndefined();
    expect(selectChatTemplate(new Map())).toBeUndefined();
  });
});
