import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { startCli } from '../support/cli-process.js';
import { CLI_ENTRY } from '../support/dist.js';
import { until } from '../support/until.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
const TEMPLATE = '{% for message in messages %}{{ message.role }} said, {{ message.content }} {% endfor %}And he said,';
const STATISTICS = /\d+ tokens? · .*first after .* · prompt of \d+/;

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({
    'kjv/1/model.gguf': TINY,
    'kjv/model.yaml': `llama: { contextTokens: 256, slots: 1, threads: 1, deterministic: true, chatTemplate: "${TEMPLATE}" }\n`,
    'plain/1/model.gguf': TINY,
    'plain/model.yaml': 'llama: { contextTokens: 128, slots: 1, threads: 1, chatTemplate: "{% for" }\n',
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const url = () => ['--url', `http://127.0.0.1:${server.port}`];

/** Runs `millrace chat` to its end; there is nobody at its standard input. */
async function chat(args: readonly string[], stdin = '') {
  await using cli = startCli(['chat', ...args, ...url()]);
  cli.child.stdin.end(stdin);
  return await cli.ended;
}

it('answers one question, given in the command or on the standard input', async () => {
  const flags = ['--max-tokens', '8', '--temperature', '0'];
  const given = await chat(['kjv', 'who is', 'there?', ...flags]);
  expect(given).toMatchObject({ exit: 0, err: expect.stringMatching(STATISTICS) });
  expect(given.out.trim()).not.toBe('');
  // The only one with a chat template need not be named.
  expect(await chat(flags, 'who is there?\n')).toMatchObject({ exit: 0, out: given.out });
  const { out } = await chat(['--json', ...flags], 'who is there?');
  expect(JSON.parse(out)).toMatchObject({ model: 'kjv', usage: { completion_tokens: expect.any(Number) } });
  expect(JSON.parse(out).content.trim()).toBe(given.out.trim());
});

it.each([
  ['of an unknown model', ['kvj', 'Why?'], /is not found; did you mean kjv\?$/],
  ['of a model without a chat template', ['plain', 'Why?'], /^error: model 'plain' takes no conversations/],
  [
    'of a prompt that is too long',
    ['kjv', 'and '.repeat(300)],
    /^error: the prompt is too long: it has \d+ tokens; the model's context of 256 tokens has room for/,
  ],
  [
    'of a number out of range',
    ['kjv', 'Why?', '--temperature', '3'],
    /^error: 'temperature': expected a number from 0 to 2, got 3$/,
  ],
])('tells %s', async (_, args, message) => {
  const { exit, out, err } = await chat(args);
  expect({ exit, out }).toEqual({ exit: 1, out: '' });
  expect(err.trimEnd()).toMatch(message);
});

/** Passes connections on to the server; while it is `holding`, nothing comes back. */
async function startGate(): Promise<
  AsyncDisposable & { readonly port: number; holding: boolean; readonly open: () => number }
> {
  const sockets = new Set<Socket>();
  const gate = createServer((near) => {
    const far = connect(server.port, '127.0.0.1');
    const gone = () => {
      far.destroy();
      near.destroy();
      sockets.delete(near);
    };
    sockets.add(near.on('close', gone).on('error', gone));
    far.on('close', gone).on('error', gone);
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => {
      if (!state.holding) near.write(chunk);
    });
  });
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
  const state = {
    port: (gate.address() as AddressInfo).port,
    holding: false,
    open: () => sockets.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => gate.close(resolve));
    },
  };
  return state;
}

/** `millrace` at a terminal of its own. */
function startTerminal(...args: readonly string[]) {
  const command = [process.execPath, CLI_ENTRY, ...args].join(' ');
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'], {
    env: { ...process.env, NO_COLOR: '1', TERM: 'xterm' },
  });
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
  });
  return {
    ended: new Promise((resolve) => child.on('close', resolve)),
    type: (text: string) => child.stdin.write(text),
    /** Waits until `what` is shown behind all that was waited for before. */
    async sees(what: RegExp) {
      await until(`the terminal shows ${what} in ${shown}`, () => what.test(shown));
      shown = shown.slice(shown.search(what)).replace(what, '');
    },
    [Symbol.dispose]: () => void child.kill(),
  };
}

it('is a conversation at a terminal, whose answers Ctrl-C stops', async () => {
  await using gate = await startGate();
  using terminal = startTerminal('chat', 'kjv', '--max-tokens', '8', '--url', `http://127.0.0.1:${gate.port}`);
  const { type, sees } = terminal;
  await sees(/kjv at http.*; \/help says what can be done here/);
  await sees(/> /);
  type('who is there?\r');
  await sees(STATISTICS);
  await sees(/> /);
  gate.holding = true;
  type('and who else?\r');
  await sees(/asking kjv/);
  type('\u0003');
  await sees(/stopped after [\d.]+ m?s/);
  await sees(/> /);
  await until('the request is given up', () => gate.open() === 0);
  gate.holding = false;
  type('"""who\rcame?"""\r');
  await sees(STATISTICS);
  await sees(/> /);
  type('\u0003');
  expect(await terminal.ended).toBe(0);
});
