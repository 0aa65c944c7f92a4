import {
  type BodyMemory,
  type Call,
  type Clock,
  type DeadlineWatch,
  type EventBus,
  formatModelRef,
  type InferRequest,
  type InferResponse,
  MillraceError,
  type ModelRef,
  Slots,
} from '../../core/index.js';
import type { ModelInfo } from '../../engine/index.js';
import type { ArmChoice, InferCopy } from '../../inference/index.js';
import { findNamed, findVersion, targetOf, type VersionLookup } from '../../models/index.js';
import type { Route, ShadowConfig } from '../../routing/index.js';
import {
  type AnswerComparison,
  agrees,
  compareAnswers,
  type DropReason,
  type Ending,
  joinAnswer,
  type Pair,
  type PairNames,
  sampleTensors,
  severityOf,
} from '../../shadows/index.js';
import type { RouteTap, TapListener } from '../routes/route-taps.js';
import { HeldMemory } from './held-memory.js';
import { PrimaryAnswer } from './primary-answer.js';
import type { ShadowBooks } from './shadow-books.js';
import { type Copy, runCopy } from './shadow-copy.js';
import { type CopiedSequence, ShadowSequences } from './shadow-sequences.js';
import { SpareTime } from './spare-time.js';

/** Most bytes of inputs and answers that copies hold at a time. */
const MAX_HELD_BYTES = 134_217_728;

export interface ShadowsSetup {
  readonly inferCopy: InferCopy;
  readonly lookup: VersionLookup;
  readonly books: ShadowBooks;
  readonly bodies: BodyMemory | undefined;
  readonly clock: Clock;
  readonly deadlines: DeadlineWatch;
  readonly events: EventBus;
  /** In [0, 1): which requests are copied. Default: `Math.random`. */
  readonly random?: () => number;
}

/** A request that is to be copied once its primary has ended. */
interface Chosen {
  readonly route: string;
  readonly shadow: ShadowConfig;
  /** The version that answers the caller. */
  readonly primary: ModelRef;
  readonly call: Call;
  readonly request: InferRequest;
  readonly sequence: CopiedSequence | undefined;
}

/**
 * Copies requests of routes to their shadows and compares the answers. A copy begins when its primary has ended, in the background, and
 * whatever becomes of it is nothing to the caller.
 */
export class Shadows implements RouteTap {
  readonly #setup: ShadowsSetup;
  readonly #random: () => number;
  readonly #spareTime: SpareTime;
  readonly #sequences = new ShadowSequences();
  readonly #pending = new Map<string, number>();
  readonly #memory: HeldMemory;
  readonly #open = new Slots<Call>();
  #stopped = false;

  constructor(setup: ShadowsSetup) {
    this.#setup = setup;
    this.#random = setup.random ?? Math.random;
    this.#spareTime = new SpareTime(setup.clock);
    this.#memory = new HeldMemory(setup.bodies, MAX_HELD_BYTES);
  }

  wants({ shadow }: Route): boolean {
    return shadow !== undefined;
  }

  began({ route, info }: ArmChoice, call: Call, request: InferRequest): TapListener | undefined {
    const { shadow } = route;
    if (shadow === undefined || this.#stopped) return undefined;
    const isChosen = () => this.#random() < shadow.share;
    const control = request.sequence;
    const sequence = control && this.#sequences.of({ route: route.name, call, control }, isChosen);
    if (control === undefined ? !isChosen() : sequence === undefined) return undefined;
    const version = findNamed(this.#setup.lookup, shadow);
    if (version !== undefined && isSame(version.ref, info.ref)) return undefined;
    const refused = sequence?.isBroken ? 'sequence' : whyRefused(shadow, version);
    if (refused !== undefined) {
      this.#drop({ route: route.name, sequence }, refused);
      return undefined;
    }
    // A script in this process may write on what it is given.
    const given = info.placement === 'inline' ? withOwnInputs(request) : request;
    return this.#listenTo({ route: route.name, shadow, primary: info.ref, call, request: given, sequence });
  }

  /** Copies that wait or run. */
  pendingOf(route: string): number {
    return this.#pending.get(route) ?? 0;
  }

  /** The server ends: nothing is copied any more, and what runs is given up. */
  stop(): void {
    this.#stopped = true;
    // Not as a failure of the shadow.
    const reason = new MillraceError('cancelled', 'the server is shutting down');
    for (const [, call] of this.#open.entries()) call.cancel(reason);
  }

  #listenTo(chosen: Chosen): TapListener {
    const primary = new PrimaryAnswer(this.#memory);
    return {
      onResponse: (response) => primary.add(response),
      onEnd: (error) => {
        const reason = primary.end(error, chosen.call) ?? this.#begin(chosen, primary);
        if (reason === undefined) return;
        primary.release();
        this.#drop(chosen, reason);
      },
    };
  }

  /** The primary has ended, and still holds its request: it is held from here until its copy has ended, too. Or says why there is none. */
  #begin(chosen: Chosen, primary: PrimaryAnswer): DropReason | undefined {
    const { route, shadow, request } = chosen;
    if (this.#stopped) return 'stopped';
    if (this.pendingOf(route) >= shadow.maxPending) return 'pending';
    if (!this.#memory.hold(request)) return 'memory';
    this.#pending.set(route, this.pendingOf(route) + 1);
    this.#setup.books.change(route, (book) => {
      book.copied++;
    });
    const end = (): void => {
      this.#memory.release(request);
      primary.release();
      const left = this.pendingOf(route) - 1;
      if (left > 0) this.#pending.set(route, left);
      else this.#pending.delete(route);
    };
    // The caller has its answer first.
    this.#spareTime.do(() => void this.#follow(chosen, primary).then(end));
    return undefined;
  }

  /** Steps of a sequence run one after the other. Never rejects. */
  #follow(chosen: Chosen, primary: PrimaryAnswer): Promise<void> {
    const { sequence } = chosen;
    const work = async (): Promise<void> => {
      try {
        if (sequence?.isBroken) this.#drop(chosen, 'sequence');
        else await this.#copy(chosen, primary);
      } catch (error) {
        const message = `an answer of the shadow of route '${chosen.route}' could not be compared`;
        this.#setup.events.publish('diagnostic', { level: 'error', room: 'service', message, error });
      }
    };
    return sequence === undefined ? work() : sequence.steps.run(work);
  }

  async #copy(chosen: Chosen, primary: PrimaryAnswer): Promise<void> {
    const { shadow, request, call: origin, sequence } = chosen;
    const { lookup } = this.#setup;
    let version: ModelInfo | undefined;
    const chooseInfo = (): ModelInfo => {
      version = findNamed(lookup, shadow) ?? findVersion(lookup, targetOf(shadow));
      return version;
    };
    const copy: Copy = { request, sequence, chooseInfo };
    const receivedAt = this.#setup.clock.now();
    const call = origin.detached({ receivedAt, deadlineAt: receivedAt + shadow.timeoutMs, account: 'none' });
    const slot = this.#open.add(call);
    const outcome = await runCopy(this.#setup, copy, call);
    this.#open.remove(slot);
    if (outcome.kind === 'dropped' || version === undefined) {
      this.#drop(chosen, outcome.kind === 'dropped' ? outcome.reason : 'unavailable');
      return;
    }
    if (outcome.ending.error !== undefined && sequence !== undefined) sequence.isBroken = true;
    await this.#judge(chosen, version.ref, { primary, ...outcome });
  }

  /** Compares and counts, slice by slice. */
  #judge(chosen: Chosen, version: ModelRef, both: BothAnswers): Promise<void> {
    const { primary, ending, responses } = both;
    const failed = ending.error ?? primary.ending.error;
    const comparing =
      failed === undefined
        ? compareAnswers(joinAnswer(primary.responses), joinAnswer(responses), chosen.shadow.compare)
        : undefined;
    return new Promise((resolve, reject) => {
      const work = (): void => {
        try {
          const step = comparing?.next() ?? NOTHING_TO_COMPARE;
          if (step.done === true) {
            this.#count(chosen, version, { ...both, comparison: step.value });
            resolve();
          } else this.#spareTime.do(work);
        } catch (error) {
          reject(error);
        }
      };
      this.#spareTime.do(work);
    });
  }

  #count(chosen: Chosen, version: ModelRef, both: BothAnswers & Pick<Pair, 'comparison'>): void {
    const { primary, ending, comparison } = both;
    this.#add(chosen, version, { primary: primary.ending, shadow: ending, comparison });
    if (comparison !== undefined && !comparison.agrees && chosen.shadow.keepSamples > 0) {
      this.#keepSample(chosen, version, { ...both, comparison });
    }
  }

  #add({ route, primary }: Chosen, shadow: ModelRef, pair: Pair): void {
    const { books, clock, events } = this.#setup;
    books.change(route, (book) => book.add(namesOf(primary, shadow), pair, clock.wallNow()));
    events.publish('shadowCompared', {
      route,
      primary,
      shadow,
      agrees: agrees(pair),
      primaryError: pair.primary.error,
      shadowError: pair.shadow.error,
      computeMs: pair.shadow.computeMs,
    });
  }

  #keepSample(chosen: Chosen, shadow: ModelRef, answers: SampledAnswers): void {
    const { route, primary, request, call } = chosen;
    const most = chosen.shadow.keepSamples;
    const names = namesOf(primary, shadow);
    const severity = severityOf(answers.comparison);
    const { books } = this.#setup;
    if (!books.find(route)?.wants(names, severity, most)) return;
    const sample = {
      requestId: call.requestId,
      atMs: this.#setup.clock.wallNow(),
      severity,
      outputs: answers.comparison.outputs.filter((output) => !output.agrees).map(({ name }) => name),
      inputs: sampleTensors(request.inputs),
      primary: sampleTensors(joinAnswer(answers.primary.responses).outputs),
      shadow: sampleTensors(joinAnswer(answers.responses).outputs),
    };
    books.change(route, (book) => book.keep(names, sample, most));
  }

  #drop({ route, sequence }: Pick<Chosen, 'route' | 'sequence'>, reason: DropReason): void {
    if (sequence !== undefined) sequence.isBroken = true;
    this.#setup.books.change(route, (book) => book.drop(reason));
    this.#setup.events.publish('shadowDropped', { route, reason });
  }
}

const NOTHING_TO_COMPARE = { done: true, value: undefined } as const;

/** Of the primary and of the shadow. */
interface BothAnswers {
  readonly primary: PrimaryAnswer;
  readonly ending: Ending;
  readonly responses: readonly InferResponse[];
}

interface SampledAnswers extends BothAnswers {
  readonly comparison: AnswerComparison;
}

function whyRefused(shadow: ShadowConfig, version: ModelInfo | undefined): DropReason | undefined {
  if (version === undefined) return 'unavailable';
  return version.pure || shadow.allowSideEffects ? undefined : 'side_effects';
}

function withOwnInputs(request: InferRequest): InferRequest {
  return { ...request, inputs: request.inputs.map((tensor) => ({ ...tensor, data: new Uint8Array(tensor.data) })) };
}

function isSame(left: ModelRef, right: ModelRef): boolean {
  return left.name === right.name && left.version === right.version;
}

function namesOf(primary: ModelRef, shadow: ModelRef): PairNames {
  return { primary: formatModelRef(primary), shadow: formatModelRef(shadow) };
}
