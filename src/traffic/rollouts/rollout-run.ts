import { SerialQueue } from '../../async/index.js';
import { type Clock, type EventBus, type Events, MillraceError, toMillraceError } from '../../core/index.js';
import {
  createJudge,
  type Forecast,
  isOver,
  type Judge,
  next,
  type Observation,
  type Outcome,
  Pace,
  type Presence,
  type RolloutCommand,
  type RolloutInput,
  type RolloutState,
  rememberingRequirements,
  type SeenTraffic,
  type Verdict,
} from '../../rollouts/index.js';
import type { Route } from '../../routing/index.js';
import type { RolloutRecord, Store } from '../../store/index.js';
import type { JoinedOutcome } from '../outcomes/types.js';
import { declaredOf, newestStateOf, type StoredRollout } from './records.js';
import { forecastOf } from './rollout-forecast.js';
import { RolloutKeys } from './rollout-keys.js';
import { type LabelKeeper, promotionOf, releaseOwnLabel } from './rollout-labels.js';
import { CANARY_ARM, type Split, splitFor } from './rollout-route.js';
import type { JudgedRoute } from './rollout-tap.js';
import { type Decided, StoredRun } from './stored-run.js';
import { Timeline, type TimelinePoint, timelinePoint } from './timeline.js';
import type { DecisionNumbers, DeclaredRollout, OpenRollout } from './types.js';

export interface RunParts {
  readonly store: Pick<Store, 'rollouts' | 'snapshots'>;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly presenceOf: (model: string, version: number) => Presence;
  readonly labels: LabelKeeper;
  /** The route of the bare name has changed. */
  readonly onTraffic: () => void;
}

/** The author of automatic decisions. */
export const BY_ITSELF = 'millrace';

const SAVE_INTERVAL_MS = 1_000;

/** One rollout that is not over: counts, judges, decides, and does so in that order what was decided. */
export class RolloutRun implements OpenRollout {
  readonly record: RolloutRecord;
  readonly declared: DeclaredRollout;
  readonly #parts: RunParts;
  readonly #judge: Judge;
  readonly #timeline: Timeline;
  readonly #keys: RolloutKeys;
  readonly #pace = new Pace();
  readonly #needsOf = rememberingRequirements();
  readonly #stored: StoredRun;
  #state: RolloutState;
  #split: Split | undefined;
  /** Canary's since the last look. */
  #requests = 0;
  /** Of both versions since it began. */
  #allRequests: number;
  #lookedAt: number;
  #savedAt = Number.NEGATIVE_INFINITY;
  readonly #looks = new SerialQueue();
  #isLooking = false;
  /** It has been carried out already, and could not be stored. */
  #unstored: Outcome | undefined;
  /** The last decision by a person is carried out in their name. */
  #by = BY_ITSELF;

  constructor({ record, snapshot, keys, timeline }: StoredRollout, parts: RunParts) {
    this.record = record;
    this.declared = declaredOf(record);
    this.#parts = parts;
    this.#judge = createJudge(this.declared.judge, snapshot?.judge);
    this.#timeline = new Timeline(timeline);
    this.#stored = new StoredRun(record, parts, timeline.at(-1));
    this.#state = newestStateOf(record, snapshot);
    this.#lookedAt = parts.clock.now();
    this.#allRequests = snapshot?.seen?.requests ?? 0;
    this.#keys = new RolloutKeys(keys);
    this.#split = splitFor(this, this.#keys.canary, undefined);
    // Its start is a decision, too.
    if (timeline.length === 0) this.#timeline.add(this.#point(this.verdict));
  }

  get state(): RolloutState {
    return this.#state;
  }

  /** All its effects are done and stored. */
  get isOver(): boolean {
    return isOver(this.#state) && this.#unstored === undefined;
  }

  /** The route of the model's bare name while it is split. */
  get route(): Route | undefined {
    return this.#split?.route;
  }

  get verdict(): Verdict {
    return this.#judge.verdict();
  }

  get timeline(): readonly TimelinePoint[] {
    return this.#timeline.points;
  }

  get seen(): SeenTraffic {
    const users = this.declared.sticky === undefined ? undefined : this.#keys.count;
    return { requests: this.#allRequests, users, perSecond: this.#pace.perSecond };
  }

  get forecast(): Forecast | undefined {
    return forecastOf(this, this.#needsOf);
  }

  /** How the requests of its route are judged. */
  judged({ arms, closed }: Route): JudgedRoute {
    const canaryShare = (arms.find(({ name }) => name === CANARY_ARM)?.weight ?? 0) / 100;
    return {
      canaryShare,
      assignsKeys: closed === undefined,
      began: (key, isCanary) => this.#keys.add(key, isCanary),
      observe: (observation) => this.#observe(observation),
    };
  }

  /** The outcome of an answer of its route: counts unless it is of an earlier rollout, or the request was not assigned at random. */
  observeOutcome({ arm, version, answeredAtMs, share, key, scaled }: JoinedOutcome): void {
    if (isOver(this.#state) || share === undefined || answeredAtMs < this.record.startedAtMs) return;
    const isCanary = arm === CANARY_ARM;
    const { stable, canary } = this.declared.plan;
    if (version !== (isCanary ? canary : stable)) return;
    const canaryShare = isCanary ? share : 1 - share;
    this.#judge.observeOutcome({ arm: isCanary ? 'canary' : 'stable', share: canaryShare, value: scaled, key });
    if (this.#judge.isWorse()) void this.tick();
  }

  /** Looks at how it does, unless that is being done. Never rejects. */
  async tick(): Promise<void> {
    if (this.#isLooking) return;
    try {
      await this.look();
    } catch (error) {
      const message = `the rollout of '${this.record.model}' stays as it is for now: ${toMillraceError(error).message}`;
      this.#parts.events.publish('diagnostic', { level: 'warn', room: 'service', message });
    }
  }

  /** Evaluates the rollout and carries out a command. Rejects where that is not possible, or cannot be stored. */
  look(command?: RolloutCommand): Promise<void> {
    return this.#looks.run(() => this.#look(command));
  }

  /** Stores what it has seen; never rejects. */
  save(): Promise<void> {
    return this.#stored.save(() => {
      this.#savedAt = this.#parts.clock.now();
      const snapshot = { state: this.#state, judge: this.#judge.snapshot(), verdict: this.verdict, seen: this.seen };
      return { snapshot, keys: this.#keys, points: this.#timeline.points };
    });
  }

  /** An answer of the canary as the shadow of the stable version. */
  observeAgreement({ primary, shadow, agrees }: Events['shadowCompared']): void {
    const { stable, canary } = this.declared.plan;
    if (isOver(this.#state) || primary.version !== stable || shadow.version !== canary) return;
    this.#judge.observeAgreement(agrees);
    if (this.#judge.isWorse()) void this.tick();
  }

  #observe(observation: Observation): void {
    if (isOver(this.#state)) return;
    this.#judge.observe(observation);
    this.#allRequests++;
    if (observation.arm === 'canary') this.#requests++;
    // Back at once, and not when it is looked at the next time.
    if (this.#judge.isWorse()) void this.tick();
  }

  async #look(command: RolloutCommand | undefined): Promise<void> {
    this.#isLooking = true;
    try {
      if (this.#unstored !== undefined)
        await this.#stored.decide(this.#unstored, this.#decided(this.#unstored, this.#by));
      this.#unstored = undefined;
      const { verdict } = this;
      const input = await this.#input(verdict, command);
      const outcome = next(this.declared.plan, this.#state, input);
      await this.#carryOut(outcome, input);
      this.#remember(verdict);
      if (outcome.refusal !== undefined) throw new MillraceError('failed_precondition', outcome.refusal);
    } finally {
      this.#isLooking = false;
    }
  }

  async #input(verdict: Verdict, command: RolloutCommand | undefined): Promise<RolloutInput> {
    const { presenceOf, clock } = this.#parts;
    const { model, stable, canary } = this.declared.plan;
    const promotion = await this.#promote(presenceOf(model, canary));
    return {
      elapsedMs: clock.now() - this.#lookedAt,
      requests: this.#requests,
      verdict,
      canary: presenceOf(model, canary),
      stable: presenceOf(model, stable),
      ...(command === undefined ? {} : { command }),
      ...(promotion === undefined ? {} : { promotion }),
    };
  }

  /** Moves the label, where that is what is to be done. Rejects where it cannot be done now, but perhaps later. */
  async #promote(canary: Presence): Promise<RolloutInput['promotion']> {
    if (this.#state.kind !== 'promoting' || canary.kind === 'coming') return undefined;
    try {
      await this.#parts.labels.change(this.record.model, promotionOf(this.declared), {
        by: this.#by,
        ofRollout: true,
      });
      return { kind: 'moved' };
    } catch (thrown) {
      const error = toMillraceError(thrown);
      if (error.code === 'unavailable') throw error;
      return { kind: 'refused', why: error.message };
    }
  }

  async #carryOut(outcome: Outcome, { elapsedMs, requests, command }: RolloutInput): Promise<void> {
    const adopt = () => {
      this.#state = outcome.state;
      this.#lookedAt += elapsedMs;
      this.#requests -= requests;
      this.#applyTraffic();
    };
    const { decision, refusal } = outcome;
    if (decision === undefined) return adopt();
    const by = command === undefined || refusal !== undefined ? BY_ITSELF : command.by;
    // Back is the safe way: it is gone at once, whether that can be stored or not.
    const isRetreat = isOver(outcome.state) && outcome.state.kind !== 'done';
    if (isRetreat) {
      adopt();
      this.#unstored = outcome;
      this.#by = by;
    }
    await this.#stored.decide(outcome, this.#decided(outcome, by));
    this.#unstored = undefined;
    this.#by = by;
    if (!isRetreat) adopt();
    this.#timeline.add(this.#point(this.verdict), { isDecided: true });
    // Canary need not stay loaded any more.
    if (isRetreat) await releaseOwnLabel(this.#parts, this.declared, { model: this.record.model, by: BY_ITSELF });
    await this.save();
  }

  #decided({ state }: Outcome, by: string): Decided {
    const { plan } = this.declared;
    const numbers: DecisionNumbers = {
      weight: plan.steps[state.step]?.weight ?? 0,
      held_ms: state.heldMs,
      requests: state.requests,
      metrics: this.verdict.metrics,
    };
    return { by, canary: plan.canary, numbers };
  }

  /** For the picture, and for after a restart. */
  #remember(verdict: Verdict): void {
    const { clock } = this.#parts;
    const { stable = 0, canary = 0 } = verdict.metrics.find(({ name }) => name === 'errors')?.observations ?? {};
    this.#pace.note(clock.now(), stable + canary);
    this.#timeline.add(this.#point(verdict));
    if (this.isOver || clock.now() - this.#savedAt < SAVE_INTERVAL_MS) return;
    // The next look need not wait for it.
    void this.save();
  }

  #point(verdict: Verdict): TimelinePoint {
    return timelinePoint(this.#parts.clock.wallNow(), this.#split?.percent ?? 0, verdict);
  }

  #applyTraffic(): void {
    const before = this.#split;
    this.#split = splitFor(this, this.#keys.canary, before);
    if (this.#split !== before) this.#parts.onTraffic();
  }
}
