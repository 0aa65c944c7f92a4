import { randomUUID } from 'node:crypto';
import { SerialQueue } from '../../async/index.js';
import { MillraceError, type Timer, toMillraceError } from '../../core/index.js';
import { begin, isOver, type RolloutCommand, sayPhase } from '../../rollouts/index.js';
import type { Route } from '../../routing/index.js';
import { type RolloutRecord, type Store, StoreInUse } from '../../store/index.js';
import type { JoinedOutcome } from '../outcomes/types.js';
import type { RouteTable } from '../routes/route-table.js';
import type { RouteTaps } from '../routes/route-taps.js';
import type { StartedRollout } from './check-start.js';
import { type FollowedRollout, followedRollout } from './followed-rollout.js';
import { readSeen, type StoredRollout, toJson } from './records.js';
import { RolloutRun, type RunParts } from './rollout-run.js';
import { type JudgedRoute, RolloutTap } from './rollout-tap.js';
import type { OpenRollout } from './types.js';

export interface RolloutsParts extends Omit<RunParts, 'onTraffic'> {
  readonly store: Pick<Store, 'rollouts' | 'snapshots' | 'own'>;
  readonly routes: Pick<RouteTable, 'replace'>;
  readonly taps: RouteTaps;
}

/** How often each rollout is looked at. */
const LOOK_INTERVAL_MS = 250;
/** How often a process asks to write the store while another one acts on rollouts. */
const TAKE_OVER_INTERVAL_MS = 1_000;

/**
 * The rollouts that are not over: at most one a model. The process that writes the store judges them and decides; others split requests as
 * the store says, and take over when that process has ended.
 */
export class Rollouts {
  readonly #parts: RolloutsParts;
  readonly #runs = new Map<string, RolloutRun>();
  /** By model, rollouts that another process runs. */
  #followed: ReadonlyMap<string, FollowedRollout> = new Map();
  #isWriter = false;
  /** Reads the store, one after the other. */
  readonly #turns = new SerialQueue();
  #takeOverTimer: Timer | undefined;
  /** Models whose rollout is being begun. */
  readonly #beginning = new Set<string>();
  /** By the route that a rollout has now, who judges its requests. */
  #judged: ReadonlyMap<Route, JudgedRoute> = new Map();
  #removeTap: (() => void) | undefined;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(parts: RolloutsParts) {
    this.#parts = parts;
    parts.events.subscribe('shadowCompared', (compared) => this.#runs.get(compared.route)?.observeAgreement(compared));
  }

  all(): readonly OpenRollout[] {
    return [...this.#runs.values(), ...this.#followed.values()];
  }

  of(model: string): OpenRollout | undefined {
    return this.#runs.get(model) ?? this.#followed.get(model);
  }

  /** Resumes the rollouts of the store. Never rejects: an unreadable one is reported, and resumes once it can be read. */
  async resume(): Promise<void> {
    const { store, events } = this.#parts;
    try {
      if ((await store.rollouts.open()).length > 0) await this.#takeOver();
    } catch (error) {
      const message = `no rollout goes on: ${toMillraceError(error).message}`;
      events.publish('diagnostic', { level: 'error', room: 'service', message, error });
    }
  }

  /** Takes what the process that acts on rollouts has done to them. Rejects where that cannot be read. */
  async catchUp(): Promise<void> {
    if (this.#isWriter) return;
    // It acts although it cannot write, and another one can.
    if (this.#runs.size > 0) return this.#takeOver();
    await this.#turns.run(async () => {
      if (!this.#isWriter && this.#runs.size === 0) this.#follow(await this.#read());
    });
  }

  /** Begins a rollout; it is stored when this resolves. */
  async begin({ declared, given }: StartedRollout, by: string): Promise<RolloutRun> {
    const { model } = declared.plan;
    this.checkNone(model);
    this.#beginning.add(model);
    try {
      await this.#becomeWriter();
      const open = this.of(model);
      if (open !== undefined) throw notOver(open);
      await this.#parts.labels.change(model, given, { by, ofRollout: true });
      const { state, decision } = begin(declared.plan);
      const startedAtMs = this.#parts.clock.wallNow();
      const record: RolloutRecord = {
        id: randomUUID(),
        model,
        plan: toJson(declared),
        state: toJson(state),
        isOver: false,
        startedAtMs,
        startedBy: by,
      };
      await this.#parts.store.rollouts.begin(record, { atMs: startedAtMs, by, ...decision, numbers: {} });
      const run = new RolloutRun({ record, snapshot: undefined, keys: undefined, timeline: [] }, this.#runParts());
      this.#add(run);
      const told = { model, canary: declared.plan.canary, rollout: record.id, by };
      this.#parts.events.publish('rolloutDecided', { ...told, ...decision });
      return run;
    } finally {
      this.#beginning.delete(model);
    }
  }

  /** Throws where a rollout of the model is not over. */
  checkNone(model: string): void {
    const open = this.of(model);
    if (open !== undefined) throw notOver(open);
    if (!this.#beginning.has(model)) return;
    throw new MillraceError('already_exists', `a rollout of '${model}' is not over: it is just beginning`);
  }

  /** Carries out a command on a rollout. Rejects where there is none, or where it is not possible now. */
  async command(model: string, command: RolloutCommand): Promise<RolloutRun> {
    if (this.#followed.has(model)) await this.#becomeWriter();
    const run = this.#runs.get(model);
    if (run === undefined) throw noneOpen(model);
    try {
      await run.look(command);
    } finally {
      this.#prune();
    }
    // The next evaluation may carry out the command.
    if (!isOver(run.state)) await run.tick();
    this.#prune();
    return run;
  }

  /** The outcome of an answer, of any route. */
  onOutcome(joined: JoinedOutcome): void {
    this.#runs.get(joined.route)?.observeOutcome(joined);
  }

  /** Stores what was seen; nothing is decided any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.clear();
    this.#takeOverTimer?.clear();
    await this.#turns.idle();
    await Promise.all([...this.#runs.values()].map((run) => run.save()));
  }

  /** Acts on the rollouts if no other process does, and follows it otherwise. Rejects where they cannot be read. */
  async #takeOver(): Promise<void> {
    try {
      await this.#becomeWriter();
    } catch (error) {
      await this.#turns.run(async () => {
        if (this.#isWriter) return;
        const stored = await this.#read();
        if (error instanceof StoreInUse) {
          this.#runs.clear();
          this.#follow(stored);
        }
        // A store that cannot be written keeps no canary from being judged.
        else this.#act(stored);
      });
    }
  }

  /** From now on this process runs the rollouts, stored ones included. Rejects with StoreInUse where another process does. */
  #becomeWriter(): Promise<void> {
    return this.#turns.run(async () => {
      if (this.#isWriter) return;
      await this.#parts.store.own();
      // No other process has changed them any more.
      this.#act(await this.#read());
      this.#isWriter = true;
    });
  }

  async #read(): Promise<readonly StoredRollout[]> {
    const { rollouts, snapshots } = this.#parts.store;
    const stored: StoredRollout[] = [];
    for (const record of await rollouts.open()) {
      stored.push({ record, ...(await readSeen(snapshots, record)) });
    }
    return stored;
  }

  #act(stored: readonly StoredRollout[]): void {
    if (this.#isClosed) return;
    this.#followed = new Map();
    for (const each of stored) {
      if (!this.#runs.has(each.record.model)) this.#add(new RolloutRun(each, this.#runParts()));
    }
    this.#applyRoutes();
  }

  #follow(stored: readonly StoredRollout[]): void {
    const before = this.#followed;
    const followed = stored.map((each) => followedRollout(each, before.get(each.record.model)));
    this.#followed = new Map(followed.map((rollout) => [rollout.record.model, rollout]));
    if (before.size + followed.length > 0) this.#applyRoutes();
    this.#takeOverLater();
  }

  /** The other process may have ended. */
  #takeOverLater(): void {
    if (this.#followed.size === 0 || this.#isClosed) return;
    this.#takeOverTimer ??= this.#parts.clock.setTimer(TAKE_OVER_INTERVAL_MS, () => {
      // A failed read is repeated a second later.
      void this.#becomeWriter()
        .catch(() => undefined)
        .then(() => {
          this.#takeOverTimer = undefined;
          this.#takeOverLater();
        });
    });
  }

  #runParts(): RunParts {
    return { ...this.#parts, onTraffic: () => this.#applyRoutes() };
  }

  #add(run: RolloutRun): void {
    const { taps, clock } = this.#parts;
    this.#runs.set(run.record.model, run);
    this.#applyRoutes();
    this.#removeTap ??= taps.add(new RolloutTap(clock, (route) => this.#judged.get(route)));
    this.#schedule();
  }

  #applyRoutes(): void {
    const judged = [...this.#runs.values()].flatMap((run): [Route, JudgedRoute][] =>
      run.route === undefined ? [] : [[run.route, run.judged(run.route)]],
    );
    this.#judged = new Map(judged);
    const routes = this.all().flatMap(({ route }) => route ?? []);
    this.#parts.routes.replace('rollout', routes);
  }

  #schedule(): void {
    this.#timer ??= this.#parts.clock.setTimer(LOOK_INTERVAL_MS, () => {
      void Promise.all([...this.#runs.values()].map((run) => run.tick())).then(() => {
        this.#timer = undefined;
        this.#prune();
        if (this.#runs.size > 0 && !this.#isClosed) this.#schedule();
      });
    });
  }

  /** Forgets rollouts that are over; without any, requests cost nothing. */
  #prune(): void {
    for (const [model, run] of this.#runs) if (run.isOver) this.#runs.delete(model);
    if (this.#runs.size > 0) return;
    this.#removeTap?.();
    this.#removeTap = undefined;
  }
}

function notOver({ declared: { plan }, state }: OpenRollout): MillraceError {
  const message = `a rollout of '${plan.model}' to version ${plan.canary} is not over: ${sayPhase(plan, state)}`;
  return new MillraceError('already_exists', message);
}

/** There is no rollout of a model of which anything could be asked. */
export function noneOpen(model: string): MillraceError {
  return new MillraceError('failed_precondition', `there is no rollout of '${model}' that is not over`);
}
