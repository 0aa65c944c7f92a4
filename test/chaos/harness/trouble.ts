import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../support/random.js';
import { RawClient, requestText } from '../../support/raw-client.js';
import { oipJson } from './dialects.js';
import type { Journal } from './journal.js';
import { as } from './keys.js';
import { buildOf, type ChaosModel, MOUNTED, type Release, SWAPPED, writeRelease } from './models.js';
import { listRunners } from './processes.js';
import type { ChaosServer, Place } from './server.js';
import { COUNTING, SUMMING, writeConfig } from './stateful-models.js';
import { TEXT_MODEL } from './text-model.js';

export interface TroubleOptions {
  readonly server: ChaosServer;
  readonly place: Place;
  readonly random: Random;
  readonly journal: Journal;
  /** Every runner that was ever seen is noted here. */
  readonly seen: Map<number, string>;
  readonly stopped: () => boolean;
}

/** Whose runners are left alone: the files of one are away at times, and clients of the other expect no failure at all. */
const SPARED = [MOUNTED.name, TEXT_MODEL];

/** Kills runners of most models at random times, as the system's out-of-memory killer would. */
export async function killRunners({ server, random, journal, seen, stopped }: TroubleOptions): Promise<void> {
  while (!stopped()) {
    await pause(random.integer(500, 2_500));
    const runners = listRunners(server.pid);
    for (const { pid, label } of runners) seen.set(pid, label);
    const exposed = runners.filter(({ label }) => !SPARED.includes(modelOf(label)));
    if (exposed.length === 0) continue;
    const { pid, label } = random.pick(exposed);
    journal.kills.push({ model: modelOf(label), label, at: performance.now() });
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself meanwhile.
    }
  }
}

/** `mlp` of `mlp/3#0`. */
function modelOf(label: string): string {
  return label.slice(0, label.lastIndexOf('/'));
}

/** Releases `count` new builds, of healthy models at random, spread over `durationMs`; each is loaded in the end. */
export async function swapVersions(options: TroubleOptions, count: number, durationMs: number): Promise<void> {
  const { random, journal, place, server } = options;
  const current = new Map<string, Release>(SWAPPED.map(({ name }) => [name, { version: 1, build: 1 }]));
  for (let swap = 0; swap < count; swap++) {
    await pause((durationMs / count) * random.next());
    const model = random.pick(SWAPPED);
    const last = current.get(model.name) ?? { version: 1, build: 1 };
    const inPlace = model.file !== undefined && random.chance(0.3);
    const version = inPlace ? last.version : last.version + 1;
    const build = model.file === undefined ? version : last.build + 1;
    current.set(model.name, { version, build });
    journal.begin({ model: model.name, version, build, from: performance.now() });
    await writeRelease(place.folder, model, { version, build });
    if (place.mode === 'explicit') await load(server.port, model.name, journal);
    else await untilServed(options, model, build);
    journal.supersede(model.name, build, performance.now());
  }
}

/** Gives the models that keep streams and sequences other configurations, one after the other; what runs must not notice. */
export async function reconfigure({ server, place, random, journal, stopped }: TroubleOptions): Promise<void> {
  for (let delayMs = 3; !stopped(); delayMs = delayMs === 3 ? 2 : 3) {
    await pause(random.integer(500, 4_000));
    for (const model of [COUNTING, SUMMING]) {
      await writeConfig(place.folder, model, delayMs);
      if (place.mode === 'explicit') await load(server.port, model, journal);
    }
  }
}

/** Asks until a build answers that was written in poll mode, where nobody is told when it is loaded. */
async function untilServed({ server, random }: TroubleOptions, model: ChaosModel, build: number): Promise<void> {
  for (;;) {
    const input = model.input(random);
    const message = { model: model.name, id: 'released', input, parameters: {} };
    const client = await RawClient.connect(server.port);
    client.send(oipJson.encode({ ...message, headers: { connection: 'close' } }));
    const response = await client.response();
    if (response.status === 200 && buildOf(model, input, oipJson.decode(response)) === build) return;
    await pause(50);
  }
}

/** Loads the model as it is on disk; tries again where a kill has met the runner that was to load it. */
async function load(port: number, model: string, journal: Journal): Promise<void> {
  for (;;) {
    const sentAt = performance.now();
    const client = await RawClient.connect(port);
    client.send(requestText(`POST /v2/repository/models/${model}/load`, { ...as('ops'), connection: 'close' }));
    const response = await client.response();
    if (response.status === 200) return;
    if (journal.killsWithin(model, sentAt, performance.now()) === 0) {
      throw new Error(`loading '${model}' gave ${response.status} though nobody killed its runner: ${response.body}`);
    }
  }
}
