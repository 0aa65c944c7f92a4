import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { keyOf, placeLanguageModel } from '../harness/language-model.js';
import { installPackages, runNode } from '../harness/node-packages.js';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { installPython } from '../harness/python.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';

const SCRIPT_LIMIT_MS = 300_000;
const CONTEXT_TOKENS = 4096;
const PACKAGES = ['@openai/agents@0.20.0', 'zod@4.6.7'];
const GGUF = inRoot('test/fixtures/models/tiny-kjv.gguf');
const SCRIPTS = {
  'requirements.txt': ['pydantic_ai_agents', 'openai_agents', 'outlines_types', 'llm_cli'],
  // It wants an older client of OpenAI's than the others.
  'requirements-instructor.txt': ['instructor_models'],
  'requirements-lm-eval.txt': ['lm_eval_loglikelihood'],
};
const NAMES = [...Object.values(SCRIPTS).flat(), 'agents'];
/** Parameters of the clients that have no effect here. */
const IGNORED: Readonly<Record<string, readonly string[]>> = {
  // Its text of an assistant carries the other members of the message that it came in.
  agents: ['messages.content.role'],
};

/** Clients that make agents, typed answers and evaluations of OpenAI's API, against a small model. Each has a key of its own. */
export async function run(): Promise<number> {
  const folder = emptyFolder('agent-clients');
  const models = placeLanguageModel(folder, CONTEXT_TOKENS);
  const config = path.join(folder, 'millrace.yaml');
  const keys = NAMES.map((name) => ({ name, key: keyOf(name), scopes: ['infer'] }));
  writeFileSync(
    config,
    JSON.stringify({ auth: { keys }, telemetry: { accessLogSuccessesPerSecond: Number.MAX_SAFE_INTEGER } }),
  );
  const packages = installPackages('agent-clients-node', PACKAGES);
  const tally = new Tally();
  const log: string[] = [];
  const server = await startServer([models, '--config', config], {}, (line) => log.push(line));
  try {
    for (const [requirements, scripts] of Object.entries(SCRIPTS)) {
      const python = installPython(`agent-clients/${requirements}`);
      for (const name of scripts) {
        const args = [server.url, keyOf(name), GGUF];
        const { output } = await python.run(`agent-clients/${name}.py`, args, SCRIPT_LIMIT_MS);
        tally.adopt(`${name}.py`, output);
      }
    }
    const script = inRoot('test/conformance/agent-clients/agents.mjs');
    tally.adopt('agents.mjs', await runNode([script, server.url, keyOf('agents'), packages], SCRIPT_LIMIT_MS));
  } finally {
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  checkIgnored(log, tally);
  return tally.close();
}

/** The access log names what `x-millrace-ignored` told the clients. */
function checkIgnored(log: readonly string[], tally: Tally): void {
  const lines = log.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as AccessLine);
  for (const name of NAMES) {
    const own = lines.filter(({ principal }) => principal === name);
    tally.check(own.length > 0, `the access log has no request of ${name}`);
    const ignored = new Set(own.flatMap(({ ignored_parameters: names }) => names?.split(', ') ?? []));
    const expected = IGNORED[name] ?? [];
    const isSame = ignored.size === expected.length && expected.every((each) => ignored.has(each));
    tally.check(isSame, `parameters of ${name} that are ignored: ${[...ignored]} instead of ${expected}`);
  }
}

interface AccessLine {
  readonly principal?: string;
  readonly ignored_parameters?: string;
}
