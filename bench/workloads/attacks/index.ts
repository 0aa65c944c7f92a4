import { setTimeout as sleep } from 'node:timers/promises';
import { treeUsage } from '../../../src/loadgen/index.js';
import { ratioBar, valueBar } from '../../harness/bars.js';
import { MODELS } from '../../harness/models.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { Contestant, Row } from '../../harness/row.js';
import { quantileOf, type Sample } from '../../harness/sample.js';
import type { RunningServer } from '../../harness/server-process.js';
import { startMillrace } from '../../harness/servers.js';
import { languageModelFile } from '../../peers/llama-server.js';
import { driven } from '../language/contestants.js';
import { Attacker, type Report } from './attacker.js';
import { ATTACKS, type Attack, KEYS, LANGUAGE_MODEL, TENSOR_MODEL } from './attacks.js';
import { visit } from './tenant.js';

const CONTROL = 'control';
const ATTACKED = 'attacked';
/** An attack and the attacker may take one of two cores. */
const MAX_HEALTH_RATIO = 10;
const MAX_HEALTH_MS = 250;
const MAX_COMPLETION_RATIO = 3;
/** Beside prompts that are evaluated: a completion waits for the step that runs, and shares its own two. */
const MAX_EVALUATING_RATIO = 15;
const MAX_COMPLETION_MS = 1_500;
/** An attack runs for so long before the tenant is measured. */
const LEAD_MS = 500;

/** The waits of a tenant while another one attacks the server, beside a server without an attack. */
export function attackRows(): Row[] {
  return ATTACKS.map(attackRow);
}

function attackRow(attack: Attack): Row {
  const { id, title, timesPerSecond } = attack;
  const outcomes: Outcomes = new Map();
  const mostCompletionRatio = timesPerSecond === 0 ? MAX_EVALUATING_RATIO : MAX_COMPLETION_RATIO;
  const row = interleavedRow({
    id: `attack-${id}`,
    title: timesPerSecond === 0 ? title : `${title}, ${timesPerSecond} times a second`,
    contestants: [tenantOf(CONTROL), tenantOf(ATTACKED, attack, outcomes)],
    bars: [
      ratioBar({ metric: 'healthP99Ms', who: ATTACKED, against: CONTROL, atMost: MAX_HEALTH_RATIO }),
      valueBar({ metric: 'healthMaxMs', who: ATTACKED, atMost: MAX_HEALTH_MS }),
      ratioBar({ metric: 'completionP50Ms', who: ATTACKED, against: CONTROL, atMost: mostCompletionRatio }),
      valueBar({ metric: 'completionMaxMs', who: ATTACKED, atMost: MAX_COMPLETION_MS }),
      valueBar({ metric: 'errors', who: ATTACKED, atMost: 0 }),
    ],
  });
  return {
    ...row,
    async run(settings) {
      outcomes.clear();
      const result = await row.run(settings);
      return { ...result, notes: [...result.notes, `outcomes of the attack: ${formatOutcomes(outcomes)}`] };
    },
  };
}

/** How often an attack came to each outcome. */
type Outcomes = Map<string, number>;

function formatOutcomes(outcomes: Outcomes): string {
  return [...outcomes].map(([name, times]) => `${name} × ${times}`).join(', ');
}

function tenantOf(name: string, attack?: Attack, outcomes: Outcomes = new Map()): Contestant {
  let attacker: Attacker | undefined;
  return driven({
    name,
    async start() {
      const server = await startMillrace(serverOptions());
      if (attack !== undefined) attacker = await attackerOn(server, attack);
      return {
        ...server,
        async stop() {
          await attacker?.stop();
          await server.stop();
        },
      };
    },
    async measure({ url, pid }, { seed, settings }) {
      attacker?.begin();
      await sleep(LEAD_MS);
      const sample = await withCores(pid, () => visit(url, { seed, seconds: settings.seconds }));
      if (attacker === undefined) return sample;
      const report = await attacker.end();
      for (const [outcome, times] of Object.entries(report.outcomes)) {
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + times);
      }
      return { ...sample, ...loadOf(report) };
    },
  });
}

/** With the cores that the server's process tree takes meanwhile. */
async function withCores(pid: number, measure: () => Promise<Sample>): Promise<Sample> {
  const cpuBefore = treeUsage(pid).cpuMs;
  const startedAt = performance.now();
  const sample = await measure();
  return { ...sample, cores: (treeUsage(pid).cpuMs - cpuBefore) / (performance.now() - startedAt) };
}

async function attackerOn({ url, grpcUrl, stop }: RunningServer, attack: Attack): Promise<Attacker> {
  try {
    if (grpcUrl === undefined) throw new Error('it has no gRPC port');
    return await Attacker.start(attack, { url, grpcUrl });
  } catch (error) {
    await stop();
    throw error;
  }
}

function loadOf({ latenessMs, cpuMs, wallMs }: Report): Sample {
  return {
    attacksPerSecond: (latenessMs.length * 1_000) / wallMs,
    lateP99Ms: quantileOf(latenessMs, 0.99),
    generatorCores: cpuMs / wallMs,
  };
}

/** Both models and all limits as they are by default. */
function serverOptions() {
  const scopes = { attacker: '[infer]', powerless: '[]', tenant: '[infer]' };
  const keys = Object.entries(KEYS).map(([name, key]) => {
    return `    - { name: ${name}, key: ${key}, scopes: ${scopes[name as keyof typeof KEYS]} }`;
  });
  return {
    models: [
      { name: LANGUAGE_MODEL, model: { file: languageModelFile() } },
      { name: TENSOR_MODEL, model: MODELS.mlp784 },
    ],
    config: ['auth:', '  keys:', ...keys, 'telemetry: { logLevel: error }'],
  };
}
