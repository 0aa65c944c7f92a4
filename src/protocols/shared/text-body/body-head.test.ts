import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HeadOptions, headOf, readHead } from './body-head.js';

const ALL: HeadOptions = { maxTextBytes: Number.POSITIVE_INFINITY, setting: 'openai.maxTextBytes' };
const head = (text: string, options = ALL) => readHead(Buffer.from(text), options);

describe('the head of a body', () => {
  it.each([
    ['{"model":"m","messages":[]}', 'm', undefined],
    [
      '{"messages":[{"role":"user","content":[{"type":"text","text":"{\\"model\\":\\"x\\"}"}]}],"model":"m"}',
      'm',
      undefined,
    ],
    ['{"\\u006dodel":"\\u006d","input":"a","previous_response_id":"resp_1"}', 'm', 'resp_1'],
    ['{"model":"first","model":"last"}', 'last', undefined],
    ['{"model":null,"previous_response_id":5}', undefined, undefined],
    ['{"input":{"model":"inner"},"metadata":{"model":"other"}}', undefined, undefined],
    [' {"messages" : "a" , "model" : "m" } ', 'm', undefined],
    [`{"tools":${'['.repeat(100)}${']'.repeat(100)},"model":"deep"}`, 'deep', undefined],
  ])('%s names %s', (text, model, previousId) => {
    expect(head(text)).toEqual({ model, previousId });
  });

  it.each([
    ['{"model":5}', "'model': expected a string, got 5"],
    ['{"messages":[],"model":["m"]}', `'model': expected a string, got ["m"]`],
    ['["model"]', 'the request: expected an object, got ["model"]'],
    ['{"model":"m"', 'the body is not valid JSON: '],
    ['{"model":"m"} x', 'the body is not valid JSON: '],
    ['{"input":"\\ud800"}', "'input': expected a text, got one with half a character (a lone surrogate)"],
  ])('%s is refused as it is where it is parsed', (text, message) => {
    expect(() => head(text)).toThrow(message);
  });

  it('is that of the parsed body, whatever else is in it', () => {
    const member = fc.constantFrom('model', 'messages', 'input', 'content', 'previous_response_id', 'image_url', 'x');
    const value = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 5 }, fc.string(), fc.double(), fc.constant(null), tie('list'), tie('object')),
      list: fc.array(tie('any'), { maxLength: 4 }),
      object: fc.dictionary(member, tie('any'), { maxKeys: 5 }),
    })).object;
    const outcome = (run: () => unknown) => {
      try {
        return run();
      } catch (error) {
        return (error as Error).message;
      }
    };
    fc.assert(
      fc.property(value, (body) => {
        const text = JSON.stringify(body);
        expect(outcome(() => head(text))).toEqual(outcome(() => headOf(JSON.parse(text), {})));
      }),
    );
  });

  it('names the model that is given, whatever the body says of one', () => {
    expect(head('{"model":5}', { ...ALL, model: 'm' })).toEqual({ model: 'm', previousId: undefined });
  });
});

describe('the text of a body', () => {
  const data = 'A'.repeat(1_000);
  const part = (media: object) => JSON.stringify({ messages: [{ role: 'user', content: [{ type: 'x', ...media }] }] });

  it.each([
    { image_url: { url: `data:image/png;base64,${data}` } },
    { image_url: `data:image/png;base64,${data}` },
    { input_audio: { data, format: 'wav' } },
    { file: { file_data: data } },
    { file_data: data },
  ])('does not include media: %o', (media) => {
    expect(head(part(media), { ...ALL, maxTextBytes: 150 })).toEqual({ model: undefined, previousId: undefined });
    const input = part(media).replace('messages', 'input').replace('content', 'output');
    expect(head(input, { ...ALL, maxTextBytes: 150 })).toEqual({ model: undefined, previousId: undefined });
  });

  it.each([
    part({ text: data }),
    JSON.stringify({ image_url: data }),
    JSON.stringify({ messages: [{ role: 'user', content: data }] }),
    JSON.stringify({ messages: [{ role: 'user', image_url: data }] }),
    JSON.stringify({ chat_template_kwargs: { content: [{ image_url: data }] } }),
    JSON.stringify({ messages: [{ content: [{ image_url: [data] }] }] }),
    `{"model":"m"${' '.repeat(1_000)}`,
  ])('includes everything else, and is bounded: %s', (text) => {
    expect(() => head(text, { ...ALL, maxTextBytes: 150 })).toThrow(
      /^the body has more than 150 bytes of text \(openai\.maxTextBytes\)$|^invalid JSON at byte/,
    );
  });
});
