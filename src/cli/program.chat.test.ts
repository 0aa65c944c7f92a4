import { afterEach, describe, expect, it } from 'vitest';
import { closeServer, METADATA, run, server, start } from '../../test/support/cli-fixture.js';
import { createFakeIo } from '../../test/support/fake-io.js';
import { type FakeAnswer, jsonAnswer } from '../../test/support/fake-server.js';
import { until } from '../../test/support/until.js';
import { runCli } from './program.js';

afterEach(closeServer);

const LANGUAGE_MODEL = {
  ...METADATA,
  name: 'kjv',
  inputs: [{ name: 'chat_input', datatype: 'BYTES', shape: [1] }],
};
const USAGE = { prompt_tokens: 9, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 4 } };

const delta = (values: object, reason: string | null = null) => ({
  choices: [{ delta: values, finish_reason: reason }],
});
const events = (...values: readonly unknown[]): FakeAnswer => ({
  headers: { 'content-type': 'text/event-stream' },
  body: values.map((value) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`).join(''),
});
const answer = (...pieces: readonly string[]) =>
  events(
    delta({ role: 'assistant', content: '' }),
    ...pieces.map((content) => delta({ content })),
    delta({}, 'stop'),
    { choices: [], usage: USAGE },
    '[DONE]',
  );

/** A server with one model that chats; the n-th question gets the n-th answer, the last one all others. */
async function startChat(...answers: readonly FakeAnswer[]) {
  let asked = 0;
  await start({
    'GET /v2/models/kjv': () => jsonAnswer(LANGUAGE_MODEL),
    'POST /v1/chat/completions': () => answers[Math.min(asked++, answers.length - 1)] ?? answer(),
  });
}

/** The bodies of the questions that the server was asked. */
const questions = () =>
  (server?.seen ?? []).filter(({ url }) => url === '/v1/chat/completions').map(({ body }) => JSON.parse(String(body)));
const messagesSent = () => questions().map(({ messages }) => messages);

const STATISTICS = /^3 tokens · [\d.]+ tokens\/s · first after [\d.]+ m?s · prompt of 9 \(4 cached\)\n$/;

describe('one answer', () => {
  it('goes to the standard output as it is, statistics to the standard error', async () => {
    await startChat(answer('And \u001b[1mhe', ' said'));
    const { code, out, err } = await run(['chat', 'kjv', 'Who', 'spoke?']);
    expect({ code, out }).toEqual({ code: 0, out: 'And \u001b[1mhe said\n' });
    expect(err).toMatch(STATISTICS);
    expect(questions()).toEqual([
      {
        model: 'kjv',
        messages: [{ role: 'user', content: 'Who spoke?' }],
        stream: true,
        stream_options: { include_usage: true },
      },
    ]);
  });

  it('is made as the flags say', async () => {
    await startChat(answer('Yea'));
    const flags = ['--system', 'Be brief.', '--temperature', '0', '--top-p', '1', '--max-tokens', '5', '--seed', '-7'];
    await run(['chat', 'kjv', 'Why?', ...flags]);
    expect(questions()[0]).toMatchObject({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Why?' },
      ],
      temperature: 0,
      top_p: 1,
      max_tokens: 5,
      seed: -7,
    });
  });

  it('is JSON where that is asked for, to a prompt from the standard input', async () => {
    await startChat(
      events(
        delta({ reasoning_content: 'Hm.' }),
        delta({ content: 'Yea' }),
        delta({}, 'length'),
        { usage: USAGE },
        '[DONE]',
      ),
    );
    const { out, err } = await run(['chat', 'kjv', '--json'], { stdin: 'a\nb\n' });
    expect(messagesSent()).toEqual([[{ role: 'user', content: 'a\nb' }]]);
    expect(err).toBe('');
    expect(JSON.parse(out)).toEqual({
      model: 'kjv',
      content: 'Yea',
      reasoning_content: 'Hm.',
      finish_reason: 'length',
      usage: { prompt_tokens: 9, cached_tokens: 4, completion_tokens: 3 },
      first_token_ms: expect.any(Number),
      total_ms: expect.any(Number),
      tokens_per_second: expect.any(Number),
    });
  });

  it('has no power over a terminal, and its reasoning is told apart', async () => {
    const thought = events(
      delta({ reasoning_content: 'Hm\u001b[2J' }),
      delta({ reasoning_content: ' …' }),
      delta({ content: 'Ye\u0007a' }),
      delta({}, 'stop'),
      '[DONE]',
    );
    await startChat(thought);
    const shown = await run(['chat', 'kjv', 'Why?'], { terminal: true });
    expect(shown.out).toBe('(thinking) Hm␛[2J …\n\nYe␇a\n');
    const coloured = await run(['chat', 'kjv', 'Why?'], { terminal: true, colors: true });
    const dim = (text: string) => `\u001b[2m${text}\u001b[22m`;
    expect(coloured.out).toBe(`${dim('(thinking) ')}${dim('Hm␛[2J')}${dim(' …')}\n\nYe␇a\n`);
    expect((await run(['chat', 'kjv', 'Why?'])).out).toBe('Ye\u0007a\n');
  });

  const refused = (status: number, error: object, headers = {}) => ({ ...jsonAnswer({ error }, status), headers });
  it.each<[string, FakeAnswer, string, string]>([
    ['a refusal', refused(400, { message: 'too long', code: 'context_length_exceeded' }), '', 'too long'],
    ['a missing key', refused(401, { message: 'a key is needed', code: 'invalid_api_key' }), '', 'a key is needed'],
    [
      'an error in the middle',
      events(delta({ content: 'Yea' }), { error: { message: 'it died' } }, '[DONE]'),
      'Yea\n',
      'it died',
    ],
    ['an error without words', events({ error: {} }), '', 'the server told of an error'],
    [
      'an answer without an end',
      events(delta({ content: 'Yea' })),
      'Yea\n',
      'the connection was closed in the middle of the answer',
    ],
    [
      'what is no event',
      events('5'),
      '',
      "an event of the server's answer is not a JSON object: does it speak OpenAI's API?",
    ],
  ])('that fails by %s is told', async (_, given, out, message) => {
    await startChat(given);
    expect(await run(['chat', 'kjv', 'Why?'])).toEqual({ code: 1, out, err: `error: ${message}\n` });
  });

  it('needs a prompt', async () => {
    await startChat(answer());
    const empty = 'error: the prompt is empty: give one behind the model, or on the standard input\n';
    expect(await run(['chat', 'kjv'], { stdin: '\n' })).toEqual({ code: 2, out: '', err: empty });
    const json = await run(['chat', 'kjv', '--json'], { typed: [] });
    expect(json).toMatchObject({ code: 2, out: '' });
    expect(JSON.parse(json.err).error).toBe('--json prints one answer: give the prompt, too');
  });

  it('needs an integer for its seed', async () => {
    const { code, err } = await run(['chat', 'kjv', 'Why?', '--seed', '1.5']);
    expect(code).toBe(2);
    expect(err).toContain("argument '1.5' is invalid. Expected an integer, got '1.5'.");
  });
});

describe('the model', () => {
  const index = (...names: readonly string[]) => ({
    'POST /v2/repository/index': () => jsonAnswer(names.map((name) => ({ name, version: '1', state: 'READY' }))),
    'GET /v2/models/mlp': () => jsonAnswer(METADATA),
    'GET /v2/models/kjv': () => jsonAnswer(LANGUAGE_MODEL),
    'GET /v2/models/other': () => jsonAnswer(LANGUAGE_MODEL),
    'POST /v1/chat/completions': () => answer('Yea'),
  });

  it('need not be named where it is the only one that chats', async () => {
    await start(index('mlp', 'gone', 'kjv'));
    expect(await run(['chat'], { stdin: 'Why?' })).toMatchObject({ code: 0, out: 'Yea\n' });
    expect(questions()).toMatchObject([{ model: 'kjv' }]);
  });

  it('is taken as named for a key that may not look at models', async () => {
    await start({
      'GET /v2/models/kjv': () => jsonAnswer({ error: 'not allowed', code: 'permission_denied' }, 403),
      'POST /v1/chat/completions': () => answer('Yea'),
    });
    expect(await run(['chat', 'kjv', 'Why?'])).toMatchObject({ code: 0, out: 'Yea\n' });
  });

  it('is not guessed', async () => {
    await start(index('other', 'kjv'));
    const several = 'error: several models chat here; name one of kjv, other\n';
    expect(await run(['chat'], { typed: [] })).toEqual({ code: 2, out: '', err: several });
    await closeServer();
    await start(index('mlp'));
    const none = 'error: the server has no model that chats: it takes a language model with a chat template\n';
    expect(await run(['chat'], { typed: [] })).toEqual({ code: 1, out: '', err: none });
    const wrong = "error: model 'mlp' takes no conversations: that takes a language model with a chat template\n";
    expect(await run(['chat', 'mlp', 'Why?'])).toEqual({ code: 1, out: '', err: wrong });
  });
});

describe('a conversation', () => {
  it('goes on, with what was said before', async () => {
    await startChat(answer('one'), answer('two'), answer('three'));
    const typed = ['1', '', '/system Be brief.', '"""2', '', '2"""', '/clear', '/system', '3', '/exit', '4'];
    const { code, out, err } = await run(['chat', 'kjv', '--system', 'Hark.'], { typed, terminal: false });
    expect({ code, out }).toEqual({ code: 0, out: 'one\ntwo\nthree\n' });
    const [hark, brief] = ['Hark.', 'Be brief.'].map((content) => ({ role: 'system', content }));
    const one = { role: 'user', content: '1' };
    expect(messagesSent()).toEqual([
      [hark, one],
      [brief, one, { role: 'assistant', content: 'one' }, { role: 'user', content: '2\n\n2' }],
      [{ role: 'user', content: '3' }],
    ]);
    expect(err).toContain('/help says what can be done here\n');
    expect(err).toMatch(/\nsystem prompt set\n3 tokens .*\n\na new conversation\nno system prompt\n3 tokens/);
  });

  it('explains its commands, and takes paths for text', async () => {
    await startChat(answer('one'));
    const { err } = await run(['chat', 'kjv'], { typed: ['/help', '/sistem', '/bye', '/usr/bin is what?'] });
    expect(err).toMatch(/^\/exit +leave, as Ctrl-D does$/m);
    expect(err).toContain('error: unknown command /sistem; did you mean /system?\n');
    expect(err).toContain('error: unknown command /bye; see /help\n');
    expect(messagesSent()).toEqual([[{ role: 'user', content: '/usr/bin is what?' }]]);
  });

  it('forgets a question that failed, and goes on', async () => {
    await startChat(jsonAnswer({ error: { message: 'too long\u001b[2J' } }, 400), answer('two'));
    const { code, out, err } = await run(['chat', 'kjv'], { typed: ['1', '2'] });
    expect({ code, out }).toEqual({ code: 0, out: 'two\n' });
    expect(err).toContain('error: too long␛[2J\n');
    expect(messagesSent()[1]).toEqual([{ role: 'user', content: '2' }]);
  });

  it('stops an answer at Ctrl-C, and keeps what came of it', async () => {
    await startChat({ ...events(delta({ content: 'In the' })), open: true }, answer('two'));
    const io = createFakeIo({ typed: ['1', '2'] });
    const ended = runCli(['chat', 'kjv'], io);
    await until('the answer has begun', () => io.out() !== '');
    io.interrupt();
    expect(await ended).toBe(0);
    expect(io.out()).toBe('In the\ntwo\n');
    expect(io.err()).toMatch(/\nstopped after .* · first after .*\n\n3 tokens/);
    expect(messagesSent()[1]).toEqual([
      { role: 'user', content: '1' },
      { role: 'assistant', content: 'In the' },
      { role: 'user', content: '2' },
    ]);
  });

  it('is left by Ctrl-C on an empty line only', async () => {
    await startChat(answer('one'));
    const interrupt = (cleared: boolean) => ({ kind: 'interrupt', cleared }) as const;
    const typed = [interrupt(true), '"""half', interrupt(false), '1', interrupt(false), '2'];
    expect(await run(['chat', 'kjv'], { typed })).toMatchObject({ code: 0, out: 'one\n' });
    expect(messagesSent()).toEqual([[{ role: 'user', content: '1' }]]);
  });
});
