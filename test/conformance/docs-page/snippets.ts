import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { goTool } from '../harness/go.js';
import { installPython } from '../harness/python.js';
import type { Tally } from '../harness/tally.js';

const GRPCURL = {
  module: 'github.com/fullstorydev/grpcurl@v1.8.9',
  command: 'github.com/fullstorydev/grpcurl/cmd/grpcurl',
};
const LIMIT_MS = 300_000;

/** A model's call in each language by its title, and the first thing that the page has shown of the answer. */
export interface Shown {
  readonly model: string;
  readonly shown: string;
  readonly snippets: Readonly<Record<string, string>>;
}

interface Setup {
  /** With the files that the calls name. */
  readonly folder: string;
  readonly key: string;
  readonly tally: Tally;
}

/** Runs every call as the program that the page has shown; its output has to hold what the page has shown of the answer. */
export async function runSnippets(all: readonly Shown[], { folder, key, tally }: Setup): Promise<void> {
  const { interpreter } = installPython('docs-page/requirements.txt');
  const env = { ...process.env, MILLRACE_KEY: key, PATH: `${path.dirname(goTool(GRPCURL))}:${process.env.PATH ?? ''}` };
  const commands: Readonly<Record<string, readonly [program: string, file: string]>> = {
    curl: ['sh', 'call.sh'],
    TypeScript: [process.execPath, 'call.mjs'],
    Python: [interpreter, 'call.py'],
    gRPC: ['sh', 'grpc.sh'],
  };
  for (const { model, shown, snippets } of all) {
    tally.check(
      Object.keys(snippets).join() === Object.keys(commands).join(),
      `${model} is not shown in four languages`,
    );
    for (const [title, code] of Object.entries(snippets)) {
      const [program, name] = commands[title] ?? ['false', title];
      const file = path.join(folder, `${model}-${name}`);
      writeFileSync(file, code);
      const output = await outputOf(program, file, { cwd: folder, env });
      const found = `${output}\n${decoded(output)}`;
      tally.check(holds(found, shown), `${model} as ${title} is not answered by ${shown}: ${output.slice(-2_000)}`);
    }
  }
}

interface Where {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

async function outputOf(program: string, file: string, { cwd, env }: Where): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, [file], { cwd, env, timeout: LIMIT_MS });
    return stdout;
  } catch (error) {
    const {
      stdout = '',
      stderr = '',
      message,
    } = error as Error & { readonly stdout?: string; readonly stderr?: string };
    return `${message}\n${stdout}${stderr}`;
  }
}

/** Numbers are shown with fewer digits in some places, and texts come in pieces. */
function holds(output: string, shown: string): boolean {
  const number = Number(shown);
  if (shown.trim() !== '' && !Number.isNaN(number)) {
    const numbers = output.match(/-?\d+(\.\d*)?(e[-+]?\d+)?/gi) ?? [];
    return numbers.some((each) => Math.abs(Number(each) - number) <= 1e-4 * Math.max(1, Math.abs(number)));
  }
  const letters = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, '');
  return letters(output).includes(letters(shown)) || letters(pieces(output)).includes(letters(shown));
}

/** The text of a stream of events. */
function pieces(output: string): string {
  return Array.from(output.matchAll(/"(?:content|text)":("(?:[^"\\]|\\.)*")/g), ([, text = '""']) =>
    JSON.parse(text),
  ).join('');
}

/** Tensors in what grpcurl prints: raw, as base64. */
function decoded(output: string): string {
  const raw = Array.from(output.matchAll(/"([A-Za-z0-9+/]{4,}={0,2})"/g), ([, base64 = '']) =>
    Buffer.from(base64, 'base64'),
  );
  const numbers = raw.flatMap((bytes) => {
    const { buffer } = new Uint8Array(bytes);
    return [
      ...(bytes.length % 4 === 0 ? new Float32Array(buffer) : []),
      ...(bytes.length % 8 === 0 ? new Float64Array(buffer) : []),
    ];
  });
  // Before each text is its length.
  const texts = raw.map((bytes) => bytes.subarray(4).toString());
  return `${numbers.join(' ')}\n${texts.join('')}`;
}
