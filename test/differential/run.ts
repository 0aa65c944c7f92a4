import { type Comparison, compare } from './compare.js';
import { CompressionWatch } from './compression-watch.js';
import type { Transcript } from './play.js';
import type { Script, StageName } from './script.js';
import { shrink } from './shrink.js';
import { Acceptance, openStage, type Stage } from './stages.js';

export interface Disagreement extends Comparison {
  readonly script: Script;
}

export interface DifferentialReport {
  readonly connections: number;
  readonly requests: number;
  /** Those of them that `node:http` has read although there is a fast path. */
  readonly byNode: number;
  /** Connections whose answers differ as Node's own do when bytes come a moment later. */
  readonly timing: number;
  /** Each as small as it can be made. */
  readonly disagreements: readonly Disagreement[];
  /** Stages whose servers still had requests to answer when all was over. */
  readonly leaks: readonly StageName[];
}

const LANES = 6;
const MAX_DISAGREEMENTS = 20;

/** Plays scripts, many at a time, and reports where the two servers do not agree. */
export async function compareAll(scripts: Iterator<Script>): Promise<DifferentialReport> {
  using acceptance = new Acceptance();
  using compression = new CompressionWatch();
  const watches = { acceptance, compression };
  const disagreements: Disagreement[] = [];
  const leaks: StageName[] = [];
  let connections = 0;
  let requests = 0;
  let byNode = 0;
  let timing = 0;
  const runLane = async () => {
    const stages = new Map<StageName, Stage>();
    const compareIn = async (script: Script): Promise<Comparison> => {
      const stage = stages.get(script.stage) ?? (await openStage(script.stage));
      stages.set(script.stage, stage);
      const readBefore = acceptance.readByNode(stage.fast.port);
      try {
        return await compare(script, stage, watches);
      } catch (error) {
        // What a timer throws. Nobody knows in what state its server is then.
        stages.delete(script.stage);
        return failureOf(error);
      } finally {
        byNode += acceptance.readByNode(stage.fast.port) - readBefore;
      }
    };
    while (disagreements.length < MAX_DISAGREEMENTS) {
      const { value: script, done } = scripts.next();
      if (done === true) break;
      const { verdict, fast } = await compareIn(script);
      connections++;
      requests += fast.requests.length;
      if (verdict === 'timing') timing++;
      if (verdict !== 'different') continue;
      const smallest = await shrink(script, async (smaller) => (await compareIn(smaller)).verdict === 'different');
      disagreements.push({ script: smallest, ...(await compareIn(smallest)) });
    }
    for (const [name, stage] of stages) if (!(await stage.close())) leaks.push(name);
  };
  await Promise.all(Array.from({ length: LANES }, runLane));
  return { connections, requests, byNode, timing, disagreements, leaks };
}

function failureOf(error: unknown): Comparison {
  const nothing: Transcript = {
    received: '',
    ending: error instanceof Error ? String(error.stack) : String(error),
    requests: [],
    log: [],
  };
  return { fast: nothing, node: nothing, verdict: 'different' };
}
