import { randomUUID } from 'node:crypto';
import { MillraceError, type Timer, toMillraceError } from '../../core/index.js';
import { begin, isOver, type RolloutCommand, sayPhase } from '../../rollouts/index.js';
import type { Route } from '../../routing/index.js';
import type { RolloutRecord } from '../../store/index.js';
import type { JoinedOutcome } from '../outcomes/types.js';
import type { RouteTable } from '../routes/route-table.js';
import type { RouteTaps } from '../routes/route-taps.js';
import type { StartedRollout } from './check-start.js';
import { SNAPSHOT_KIND, snapshotOf, toJson } from './records.js';
import { RolloutRun, type RunParts } from './rollout-run.js';
import { type JudgedRoute, RolloutTap } from './rollout-tap.js';

export interface RolloutsParts extends Omit<RunParts, 'onTraffic'> {
  readonly routes: Pick<RouteTable, 'replace'>;
  readonly taps: RouteTaps;
}

/** How often each rollout is looked at. */
const LOOK_INTERVAL_MS = 250;

/** The rollouts that are not over: at most one a model. */
export class Rollouts {
  readonly #parts: RolloutsParts;
  readonly #runs = new Map<string, RolloutRun>();
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

  all(): readonly RolloutRun[] {
    return [...this.#runs.values()];
  }

  of(model: string): RolloutRun | undefined {
    return this.#runs.get(model);
  }

  /** Goes on with what the store has. Never rejects: what cannot be read is told of, and goes on after the next start. */
  async resume(): Promise<void> {
    const { store, events } = this.#parts;
    try {
      for (const record of await store.rollouts.open()) {
        const snapshot = snapshotOf(record.id, await store.snapshots.get(SNAPSHOT_KIND, record.model));
        this.#add(new RolloutRun(record, this.#runParts(), snapshot));
      }
    } catch (error) {
      const message = `no rollout goes on: ${toMillraceError(error).message}`;
      events.publish('diagnostic', { level: 'error', room: 'service', message, error });
    }
  }

  /** Begins a rollout; it is stored when this resolves. */
  async begin({ declared, given }: StartedRollout, by: string): Promise<RolloutRun> {
    const { model } = declared.plan;
    this.checkNone(model);
    this.#beginning.add(model);
    try {
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
      const run = new RolloutRun(record, this.#runParts());
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
    const run = this.#runs.get(model);
    if (run === undefined && !this.#beginning.has(model)) return;
    const how = run === undefined ? 'it is just beginning' : sayPhase(run.declared.plan, run.state);
    const to = run === undefined ? '' : ` to version ${run.declared.plan.canary}`;
    throw new MillraceError('already_exists', `a rollout of '${model}'${to} is not over: ${how}`);
  }

  /** Has a rollout do what somebody asks for. Rejects where there is none, or that cannot be done now. */
  async command(model: string, command: RolloutCommand): Promise<RolloutRun> {
    const run = this.#runs.get(model);
    if (run === undefined) throw noneOpen(model);
    try {
      await run.look(command);
    } finally {
      this.#prune();
    }
    // What was asked for may be what the next look does.
    if (!isOver(run.state)) await run.tick();
    this.#prune();
    return run;
  }

  /** What became of an answer, of whichever route. */
  onOutcome(joined: JoinedOutcome): void {
    this.#runs.get(joined.route)?.observeOutcome(joined);
  }

  /** Stores what was seen; nothing is decided any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.clear();
    await Promise.all(this.all().map((run) => run.save()));
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
    const split = this.all().flatMap((run): [Route, JudgedRoute][] =>
      run.route === undefined ? [] : [[run.route, run.judged(run.route)]],
    );
    this.#judged = new Map(split);
    this.#parts.routes.replace('rollout', [...this.#judged.keys()]);
  }

  #schedule(): void {
    this.#timer ??= this.#parts.clock.setTimer(LOOK_INTERVAL_MS, () => {
      void Promise.all(this.all().map((run) => run.tick())).then(() => {
        this.#timer = undefined;
        this.#prune();
        if (this.#runs.size > 0 && !this.#isClosed) this.#schedule();
      });
    });
  }

  /** Forgets those that are over; where there is none, requests cost nothing. */
  #prune(): void {
    for (const [model, run] of this.#runs) if (run.isOver) this.#runs.delete(model);
    if (this.#runs.size > 0) return;
    this.#removeTap?.();
    this.#removeTap = undefined;
  }
}

/** There is no rollout of a model of which anything could be asked. */
export function noneOpen(model: string): MillraceError {
  return new MillraceError('failed_precondition', `there is no rollout of '${model}' that is not over`);
}
