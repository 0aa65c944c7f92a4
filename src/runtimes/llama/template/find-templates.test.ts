import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findTemplates } from './find-templates.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-templates-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const NONE = { chatTemplate: undefined, toolTemplate: undefined };
const OWN = { chatTemplate: 'own', toolTemplate: 'own tools' };
const write = (name: string, text: string) => {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
};
const find = (
  configured: { chatTemplate?: string; chatTemplateFile?: string } = {},
  own: typeof OWN | typeof NONE = OWN,
) => findTemplates(path.join(folder, 'model.gguf'), { chatTemplate: '', chatTemplateFile: '', ...configured }, own);

describe('the templates of a model', () => {
  it('are those of the GGUF file', async () => {
    write('chat_template.jinja', 'beside');
    expect(await find()).toEqual({ source: 'own', tools: 'own tools' });
  });

  it('are those beside the GGUF file, where it has none', async () => {
    expect(await find({}, NONE)).toBeUndefined();
    write('chat_template.jinja', 'beside');
    expect(await find({}, NONE)).toEqual({ source: 'beside', tools: undefined });
    write('additional_chat_templates/tool_use.jinja', 'tools beside');
    expect(await find({}, NONE)).toEqual({ source: 'beside', tools: 'tools beside' });
  });

  it('are the one of the configuration, for all requests', async () => {
    write('mine/usual.jinja', 'mine');
    expect(await find({ chatTemplate: 'said' })).toEqual({ source: 'said', tools: undefined });
    expect(await find({ chatTemplateFile: 'mine/usual.jinja' })).toEqual({ source: 'mine', tools: undefined });
  });
});

describe('a template file that the configuration names', () => {
  it.each([
    ['/etc/passwd', 'must be relative, not absolute'],
    ['C:\\template.jinja', 'must be relative, not absolute'],
    ['../template.jinja', "must not contain '..'"],
    ['a/..\\..\\template.jinja', "must not contain '..'"],
    ['nowhere.jinja', 'does not exist beside the model file'],
    ['model.gguf/template.jinja', 'does not exist beside the model file'],
    ['.', 'is not a file'],
    ['large.jinja', 'has 1048577 bytes; expected at most 1048576'],
    ['outside.jinja', 'leads out of the folder of the model file'],
  ])('is refused where it is %s', async (name, problem) => {
    write('model.gguf', '');
    write('large.jinja', 'x'.repeat(1_048_577));
    symlinkSync(import.meta.filename, path.join(folder, 'outside.jinja'));
    await expect(find({ chatTemplateFile: name })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: `llama.chatTemplateFile: '${name}' ${problem}`,
    });
  });

  it('is refused where its name has a null character', async () => {
    await expect(find({ chatTemplateFile: 'a\0' })).rejects.toThrow('is not a file name');
  });

  it('is refused beside a template', async () => {
    await expect(find({ chatTemplate: 'x', chatTemplateFile: 'y' })).rejects.toThrow(
      'llama.chatTemplateFile: expected to be left out beside llama.chatTemplate',
    );
  });
});

it('a usual template file that cannot be used is refused by its name', async () => {
  write('chat_template.jinja', 'x'.repeat(1_048_577));
  await expect(find({}, NONE)).rejects.toThrow("'chat_template.jinja' has 1048577 bytes; expected at most 1048576");
});
