import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const REQUEST = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 16], data: Array(16).fill(0.5) }] };
const MLP_TYPES =
  "export interface Mlp { readonly inputs: { readonly x: 'FP32' }; readonly outputs: { readonly y: 'FP32' } }\n";

const CHAT_MODEL =
  'llama: { contextTokens: 256, threads: 1, maxOutputTokens: 32, sampling: { temperature: 0 }, chatTemplate: "{% for message in messages %}{{ message.content }} {% endfor %}" }\n';

/** Inside this package, so that the programs import `millrace` as those who have installed it do. */
let folder: string;

beforeAll(async () => {
  await mkdir('.cache', { recursive: true });
  folder = await mkdtemp(path.resolve('.cache/docs-library-'));
  await cp('examples/models/mlp', path.join(folder, 'models/mlp'), { recursive: true });
  await writeFile(path.join(folder, 'mlp.ts'), MLP_TYPES);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const page = await readFile('docs/library.md', 'utf8');
const programs = (kind: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\``, 'gms'))].map(([, code = '']) => ({
    title: /from '(?!millrace)([^']+)'/.exec(code)?.[1] ?? 'millrace',
    code,
  }));

async function write(name: string, code: string): Promise<string> {
  await writeFile(path.join(folder, name), code);
  return path.join(folder, name);
}

/** The port that a program tells on one of its first lines. */
async function portOf(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error('its output is not read');
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /(?:port: |:)(\d+)\b/.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error('the program ended without a port');
}

describe('the programs of docs/library.md', () => {
  it.each(programs('js test'))('run as they stand there, and end by themselves', async ({ code }) => {
    const file = await write('program.mjs', code);
    const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder });
    expect(stdout).toMatch(/^\[ 1, 10 \] Float32Array\(10\) \[\s+-?\d/);
  });

  it.each(programs('js observers'))('see every inference', async ({ code }) => {
    const { stdout } = await promisify(execFile)(process.execPath, [await write('observers.mjs', code)], {
      cwd: folder,
    });
    expect(stdout.split('\n')).toEqual(['mlp answered 1', 'request mlp ok', 'request no model not_found', '']);
  });

  it.each(programs('js serve'))('serve models beside routes of $title, and end with it', async ({ code }) => {
    const file = await write('serve.mjs', code.replaceAll('3000', '0'));
    const child = spawn(process.execPath, [file], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    try {
      const url = `http://localhost:${await portOf(child)}`;
      const ask = async (route: string, init?: RequestInit) => {
        const response = await fetch(url + route, { ...init, headers: { connection: 'close' } });
        return { status: response.status, text: await response.text() };
      };
      expect(await ask('/hello')).toEqual({ status: 200, text: 'hello' });
      const { status, text } = await ask('/v2/models/mlp/infer', { method: 'POST', body: JSON.stringify(REQUEST) });
      expect([status, JSON.parse(text).outputs[0].shape]).toEqual([200, [1, 10]]);
    } finally {
      child.kill('SIGTERM');
    }
    expect(await exited).toEqual([0, null]);
  });

  it.each(programs('js route'))('answer a Request with a Response', async ({ code }) => {
    const file = await write('route.mjs', code);
    const driver = `
      const { POST } = await import(${JSON.stringify(file)});
      for (const rows of [[Array(16).fill(0.5)], [[1]]]) {
        const response = await POST(new Request('http://localhost/', { method: 'POST', body: JSON.stringify({ rows }) }));
        console.log(response.status, JSON.stringify(await response.json()));
      }
      await (await globalThis.millrace).close();`;
    const { stdout } = await promisify(execFile)(process.execPath, [await write('driver.mjs', driver)], {
      cwd: folder,
    });
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^200 \{"y":\[\[-?\d.*\]\]\}$/),
      '400 {"error":"input \'x\' takes FP32[-1,16], got shape [1,1]; give {data, shape} to say the full shape"}',
      '',
    ]);
  });

  it.each(programs('js catch-all'))('answer requests of every route below theirs', async ({ code }) => {
    const file = await write('catch-all.mjs', code);
    const driver = `
      const { GET, POST } = await import(${JSON.stringify(file)});
      const url = 'http://localhost/v2/models/mlp';
      const answers = [
        await GET(new Request(url)),
        await POST(new Request(url + '/infer', { method: 'POST', body: ${JSON.stringify(JSON.stringify(REQUEST))} })),
        await POST(new Request(url, { method: 'POST', body: '{}' })),
      ];
      for (const response of answers) {
        const { name, outputs } = await response.json();
        console.log(response.status, name ?? outputs?.[0].shape.join() ?? response.headers.get('allow'));
      }
      await (await globalThis.millrace).close();`;
    const { stdout } = await promisify(execFile)(process.execPath, [await write('all-driver.mjs', driver)], {
      cwd: folder,
    });
    expect(stdout.split('\n')).toEqual(['200 mlp', '200 1,10', '405 GET, HEAD', '']);
  });

  it.each(programs('js openai'))("are called by OpenAI's client", async ({ code }) => {
    const at = path.join(folder, 'openai');
    await cp('test/fixtures/models/tiny-kjv.gguf', path.join(at, 'models/kjv/1/model.gguf'));
    await writeFile(path.join(at, 'models/kjv/model.yaml'), CHAT_MODEL);
    await writeFile(path.join(at, 'openai.mjs'), code.replace("'smollm2'", "'kjv'"));
    const { stdout } = await promisify(execFile)(process.execPath, ['openai.mjs'], { cwd: at });
    expect(stdout.length).toBeGreaterThan(20);
  });

  it.each(programs('ts compile'))('hold what their types say', async ({ code }) => {
    await write('typed.ts', code);
    const tsc = path.resolve('node_modules/@typescript/native/bin/tsc');
    const options = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--noUncheckedIndexedAccess',
      '--target',
      'es2023',
      '--module',
      'nodenext',
    ];
    const libraries = ['--lib', 'es2023,esnext.disposable', '--types', 'node'];
    const { stdout, status } = spawnSync(process.execPath, [tsc, ...options, ...libraries, 'typed.ts'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
  });
});
