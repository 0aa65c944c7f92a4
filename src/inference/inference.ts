import {
  type Call,
  type Clock,
  endAttempt,
  type InferRequest,
  type InferResponse,
  type InferTarget,
  MillraceError,
  toMillraceError,
} from '../core/index.js';
import { ModelDownError, type ModelInfo } from '../engine/index.js';
import { tell, UndecodedInputError } from '../models/index.js';
import type { ArmChoice } from './arm-choice.js';
import { checkClasses } from './classify.js';
import type { InferenceKind, InferenceListener, InferenceObserver, ObservedInference } from './observer.js';
import { afterFailure, type Candidates, dependsOnRequest, mayMove, type Plan, renewed, withRequest } from './plan.js';
import { rowsOf } from './rows-of.js';
import { type NamedSequence, type RunningSequences, sequenceOf } from './running-sequences.js';
import { outputUses, usesSharedMemory } from './shared-tensors.js';

/** Shared by all inferences of a server. */
export interface InferenceParts {
  readonly clock: Clock;
  /** The clock's, which is read once. */
  readonly epochMs: number;
  readonly observers: readonly InferenceObserver[];
  readonly sequences: RunningSequences;
  readonly candidates: Candidates;
}

interface InferenceSetup {
  readonly call: Call;
  readonly plan: Plan;
  readonly request: InferRequest;
  readonly kind: InferenceKind;
}

/** One inference, from the choice of its version to its end, over all of its attempts. */
export class Inference implements ObservedInference {
  readonly call: Call;
  readonly request: InferRequest;
  readonly kind: InferenceKind;
  readonly #parts: InferenceParts;
  #plan: Plan;
  /** The version that runs it; undefined before the first attempt, and after one that has ended. */
  #running: ModelInfo | undefined;
  /** False from the moment at which its version is looked up again until one is found. */
  #hasVersion = true;
  #listeners: InferenceListener[] = NO_LISTENERS;

  constructor(parts: InferenceParts, { call, plan, request, kind }: InferenceSetup) {
    this.#parts = parts;
    this.call = call;
    this.#plan = plan;
    this.request = request;
    this.kind = kind;
  }

  get target(): InferTarget {
    return this.#plan.own;
  }

  get info(): ModelInfo {
    return this.#plan.info;
  }

  get choice(): ArmChoice | undefined {
    return this.#plan.choice;
  }

  get epochMs(): number {
    return this.#parts.epochMs;
  }

  /** How the caller names the model, which its answers are to say. */
  get askedName(): string {
    return this.#plan.target.name;
  }

  /** The answer of a model that generates is wanted whole. */
  get isWhole(): boolean {
    return this.#plan.options.whole === true && this.info.tasks?.generate !== undefined;
  }

  /** Asks the observers; a promise where one of them waits. Throws or rejects with the error of a refusal, and the inference has ended then. */
  admit(): void | Promise<void> {
    const { observers } = this.#parts;
    try {
      for (let index = 0; index < observers.length; index++) {
        const listener = observers[index]?.admit?.(this);
        if (listener instanceof Promise) return this.#admitLater(listener, observers.slice(index + 1));
        this.#listen(listener);
      }
    } catch (thrown) {
      throw this.#refused(thrown);
    }
  }

  /** Settles the version, now that the request is known, and begins its first attempt. Throws where no version answers, and the inference has ended then. */
  begin(): ModelInfo {
    try {
      if (this.call.cancelled !== undefined) throw this.call.cancelled;
      this.#settlePlan();
      const info = this.renew();
      if (!usesSharedMemory(this.request)) this.read(this.request);
      return info;
    } catch (thrown) {
      const error = toMillraceError(thrown);
      this.end(error);
      throw this.told(error);
    }
  }

  /**
   * The version that runs it now. It may have been loaded again, or be gone, while other requests were served. Throws where none takes its
   * place.
   */
  renew(): ModelInfo {
    this.#hasVersion = false;
    const plan = renewed(this.#plan, this, this.#parts.candidates);
    if (plan !== this.#plan) this.#adopt(plan);
    this.#hasVersion = true;
    if (this.#running !== plan.info) {
      this.#checkAsked(plan.info);
      this.#beginAttempt();
    }
    return plan.info;
  }

  /** The version that takes the inference over from an arm that has failed; undefined = none. */
  moveOn(error: MillraceError): ModelInfo | undefined {
    const { call, request } = this;
    if (this.choice === undefined || call.cancelled !== undefined) return undefined;
    // Where no instance is up, what has run may run again.
    const hasRun = call.timing.dequeuedAt > 0 && !(error instanceof ModelDownError);
    const plan = afterFailure(this.#plan, { error, request, hasRun }, this.#parts.candidates);
    if (plan === undefined) return undefined;
    this.#endAttempt(error);
    this.#adopt(plan);
    this.#beginAttempt();
    return plan.info;
  }

  /** Whether another version would take the inference over while no instance is up. */
  get mayMove(): boolean {
    return mayMove(this.#plan, this.request, this.#parts.candidates);
  }

  /** The data of all inputs is there. */
  read(request: InferRequest): void {
    for (const listener of this.#listeners) listener.read?.(request);
  }

  responded(response: InferResponse): void {
    for (const listener of this.#listeners) listener.responded?.(response);
  }

  /** It has ended. `answered`: the model has answered, and an error is about what was to be done with that. */
  end(error: MillraceError | undefined, answered = error === undefined): void {
    // Its version has not seen what could not be decoded.
    const ofAttempt = error instanceof UndecodedInputError ? new MillraceError('cancelled', error.message) : error;
    if (this.#running !== undefined) for (const listener of this.#listeners) listener.attemptEnded?.(ofAttempt);
    for (const listener of this.#listeners) listener.ended?.(error);
    this.#listeners = NO_LISTENERS;
    this.#publish(error, answered);
  }

  /** The error as the caller may see it: models that the caller does not see are not named. */
  told(thrown: unknown): MillraceError {
    return tell(toMillraceError(thrown), this.call, { name: this.askedName, isRoute: this.choice !== undefined });
  }

  async #admitLater(
    waiting: Promise<InferenceListener | undefined>,
    others: readonly InferenceObserver[],
  ): Promise<void> {
    const { clock } = this.#parts;
    const since = clock.now();
    const noteWait = () => {
      this.call.timing.admissionMs = clock.now() - since;
    };
    try {
      this.#listen(await waiting);
      for (const observer of others) this.#listen(await observer.admit?.(this));
      noteWait();
    } catch (thrown) {
      noteWait();
      throw this.#refused(thrown);
    }
  }

  #listen(listener: InferenceListener | undefined): void {
    if (listener === undefined) return;
    if (this.#listeners === NO_LISTENERS) this.#listeners = [];
    this.#listeners.push(listener);
  }

  #refused(thrown: unknown): MillraceError {
    const error = toMillraceError(thrown);
    this.end(error);
    return this.told(error);
  }

  /** A sequence stays on what it began on. */
  #settlePlan(): void {
    const { request } = this;
    this.#hasVersion = false;
    const sequence = this.#sequence();
    if (sequence === undefined && !dependsOnRequest(this.#plan)) return;
    const { sequences } = this.#parts;
    const running = sequence && request.sequence?.start === false ? sequences.get(sequence) : undefined;
    this.#adopt(withRequest(this.#plan, { call: this.call, request, running }, this.#parts.candidates));
    if (sequence !== undefined && request.sequence?.end === true) sequences.end(sequence);
  }

  #adopt(plan: Plan): void {
    this.#plan = plan;
    noteCandidate(this.call, plan);
    const sequence = this.#sequence();
    if (sequence !== undefined && this.request.sequence?.end === false) this.#parts.sequences.keep(sequence, plan);
  }

  #sequence(): NamedSequence | undefined {
    const { sequence } = this.request;
    return sequence && sequenceOf(this.call, this.target, sequence.id);
  }

  /** Throws where the request asks for outputs that the version cannot give. */
  #checkAsked(info: ModelInfo): void {
    if (usesSharedMemory(this.request)) outputUses(this.request, info);
    checkClasses(this.request, info.signature.outputs);
  }

  #beginAttempt(): void {
    if (this.#running !== undefined) this.#endAttempt(versionGone());
    this.#running = this.info;
    if (this.#listeners.length > 0) for (const listener of this.#listeners) listener.attemptBegan?.(this.#plan);
  }

  #endAttempt(error: MillraceError): void {
    for (const listener of this.#listeners) listener.attemptEnded?.(error);
    endAttempt(this.call.timing, error);
    this.#running = undefined;
  }

  #publish(error: MillraceError | undefined, answered: boolean): void {
    const { call, target, request, kind, epochMs } = this;
    const ref = this.#hasVersion ? this.info.ref : undefined;
    const rows = this.#hasVersion ? rowsOf(request, this.info) : 1;
    const event = { call, target, request, ref, error, answered, rows, epochMs };
    for (const observer of this.#parts.observers) observer.ended?.(event, kind);
  }
}

const NO_LISTENERS: InferenceListener[] = [];

/** Notes the chosen version, route and arm in the call's timing. */
export function noteCandidate({ timing }: Call, { info, choice }: Pick<Plan, 'info' | 'choice'>): void {
  timing.answeredBy = info.ref;
  timing.route = choice?.route.name ?? '';
  timing.arm = choice?.arm.name ?? '';
}

function versionGone(): MillraceError {
  return new MillraceError('cancelled', 'its version was unloaded before the request could begin');
}
