import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { HttpClient } from '../harness/http.js';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';
import { differencesOf, type Recorded, shapeOf } from './shape.js';

interface Case {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly body?: unknown;
    /** In place of `body`: what is no JSON. */
    readonly rawBody?: string;
  };
  readonly llama: Recorded;
}

/** A row of docs/protocols.md, and what it is about. */
interface Announced {
  readonly row: string;
  /** Default: all. */
  readonly cases?: readonly string[];
  readonly lines: readonly string[];
  /** It depends on what the model says. */
  readonly mayBe?: true;
}

/** Asks a small model what llama-server was asked with another one: what differs in shape is announced, or fails. */
export async function run(): Promise<number> {
  const folder = emptyFolder('llama-server');
  mkdirSync(path.join(folder, 'models/smollm2/1'), { recursive: true });
  copyFileSync(inRoot('test/fixtures/models/tiny-kjv.gguf'), path.join(folder, 'models/smollm2/1/model.gguf'));
  writeFileSync(path.join(folder, 'models/smollm2/model.yaml'), 'llama: { contextTokens: 2048, slots: 4 }\n');
  const tally = new Tally();
  const server = await startServer([path.join(folder, 'models')]);
  const client = new HttpClient(server.url);
  const announced = read<readonly Announced[]>('differences.json');
  const met = new Set<string>();
  try {
    for (const each of readCases()) {
      const lines = await differences(client, each);
      const unknown = lines.filter((line) => !isAnnounced(each.name, line));
      tally.check(unknown.length === 0, `${each.name}: ${unknown.join('; ')}`);
    }
    for (const { row, lines, mayBe } of announced) {
      for (const line of mayBe ? [] : lines)
        tally.check(met.has(`${row}: ${line}`), `'${row}': no answer is '${line}' any more`);
      tally.check(isDocumented(row), `docs/protocols.md has no row '${row}'`);
    }
  } finally {
    client.close();
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  return tally.close();

  function isAnnounced(name: string, line: string): boolean {
    const found = announced
      .filter(({ cases }) => cases?.includes(name) ?? true)
      .flatMap(({ row, lines }) => lines.filter((each) => matches(each, line)).map((each) => `${row}: ${each}`));
    for (const each of found) met.add(each);
    return found.length > 0;
  }
}

/** `with a*`: and all that begins so. */
function matches(announced: string, line: string): boolean {
  return announced.endsWith('*') ? line.startsWith(announced.slice(0, -1)) : line === announced;
}

async function differences(client: HttpClient, { request, llama }: Case): Promise<readonly string[]> {
  const { method, path: target, body, rawBody } = request;
  const content = body === undefined ? rawBody : JSON.stringify(body);
  const answer = await client.send({ method, path: target, ...(content === undefined ? {} : { body: content }) });
  const text = answer.body.toString();
  const isStream = answer.headers['content-type']?.startsWith('text/event-stream') === true;
  const parsed = isStream ? readStream(text) : { body: JSON.parse(text) as unknown };
  return differencesOf(shapeOf({ status: answer.status, ...parsed }), shapeOf(llama));
}

function readStream(text: string): Pick<Recorded, 'events' | 'ends'> {
  const data = [...text.matchAll(/^data: (.*)$/gm)].map(([, line = '']) => line);
  const ends = data.at(-1) === '[DONE]' ? '[DONE]' : null;
  return { events: data.filter((line) => line !== '[DONE]').map((line) => JSON.parse(line) as unknown), ends };
}

function readCases(): readonly Case[] {
  const lines = readFileSync(inRoot('test/conformance/llama-server/cases.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line, expand) as Case);
}

/** `<word 9000 times>` is a long text. */
function expand(_name: string, value: unknown): unknown {
  const [, word, times] = typeof value === 'string' ? (/^<(\w+) (\d+) times>$/.exec(value) ?? []) : [];
  return word === undefined ? value : `${word} `.repeat(Number(times));
}

function read<Value>(file: string): Value {
  return JSON.parse(readFileSync(inRoot('test/conformance/llama-server', file), 'utf8')) as Value;
}

function isDocumented(row: string): boolean {
  const lines = readFileSync(inRoot('docs/protocols.md'), 'utf8').split('\n');
  return lines.some((line) => line.startsWith(`| ${row} |`));
}
