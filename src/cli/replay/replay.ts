import { type InferOptions, type InferResult, MillraceClientError, type ModelClient } from '../../client/index.js';
import { bytesElements, type ErrorCode, type Tensor, typedView } from '../../core/index.js';
import { type LoggedTensor, type PayloadRecord, readTensor } from '../../payloads/index.js';
import {
  type AnswerComparison,
  type ComparisonRules,
  compareAnswers,
  compareAtOnce,
  type DropReason,
  type Ending,
  type Sample,
  ShadowBook,
  sampleTensors,
  severityOf,
} from '../../shadows/index.js';

/** Errors after which there is nothing to compare, as of shadows: the version has not run the request. */
const UNANSWERED: ReadonlySet<string> = new Set<ErrorCode>(['cancelled', 'unavailable', 'resource_exhausted']);
/** Errors that further requests would have as well. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unauthenticated',
  'permission_denied',
  'not_found',
  'quota_exceeded',
]);

export interface ReplaySetup {
  readonly records: AsyncIterable<PayloadRecord>;
  /** The version that gets the requests. */
  readonly model: Pick<ModelClient, 'infer' | 'name'>;
  readonly concurrency: number;
  readonly rules: ComparisonRules;
  /** Disagreements that are kept. */
  readonly maxSamples: number;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
}

/** How a replay has gone. */
export interface Replayed {
  readonly book: ShadowBook;
  /** Records that cannot be replayed, since parts of them were redacted or they are of a model that generates. */
  readonly skipped: Readonly<Record<'redacted' | 'generation', number>>;
}

type Outcome = { readonly error: undefined; readonly result: InferResult } | { readonly error: ErrorCode };

/** Sends recorded requests to a version, and compares its answers with the recorded ones. Rejects where it may not run, or is not there. */
export async function replay(setup: ReplaySetup): Promise<Replayed> {
  const run = new Replay(setup);
  const records = setup.records[Symbol.asyncIterator]();
  const work = async (): Promise<void> => {
    for (let next = await records.next(); next.done !== true; next = await records.next()) await run.replay(next.value);
  };
  await Promise.all(Array.from({ length: setup.concurrency }, work));
  return run;
}

class Replay implements Replayed {
  readonly book: ShadowBook;
  readonly skipped = { redacted: 0, generation: 0 };
  readonly #setup: ReplaySetup;

  constructor(setup: ReplaySetup) {
    this.#setup = setup;
    this.book = new ShadowBook(setup.now());
  }

  async replay(record: PayloadRecord): Promise<void> {
    const { inputs, outputs = [], status, generation } = record;
    const all = [...inputs, ...outputs];
    if (generation !== undefined) this.skipped.generation++;
    else if (all.some(({ redacted, summary }) => redacted === true || summary !== undefined)) this.skipped.redacted++;
    else {
      const reason = whyDropped(record, all);
      if (reason === undefined) await this.#compare(record, status === 'ok' ? outputs.map(readTensor) : []);
      else this.book.drop(reason);
    }
  }

  async #compare(record: PayloadRecord, recorded: readonly Tensor[]): Promise<void> {
    const outcome = await this.#infer(record);
    if (outcome.error !== undefined && UNANSWERED.has(outcome.error)) {
      this.book.drop(outcome.error === 'resource_exhausted' ? 'queue' : 'unavailable');
      return;
    }
    this.book.copied++;
    const { rules, now, model } = this.#setup;
    const { status, compute_ms: computeMs } = record;
    const isAnswered = status === 'ok';
    const answered = outcome.error === undefined ? outcome.result : undefined;
    const outputs = answered === undefined ? [] : tensorsOf(answered);
    const comparison =
      answered === undefined || !isAnswered
        ? undefined
        : compareAtOnce(
            compareAnswers({ outputs: recorded, finishReason: undefined }, { outputs, finishReason: undefined }, rules),
          );
    const primary: Ending = {
      error: isAnswered ? undefined : (status as ErrorCode),
      computeMs: isAnswered ? computeMs : undefined,
    };
    const shadow: Ending = { error: outcome.error, computeMs: answered?.timingMs.compute };
    const names = {
      primary: record.version === undefined ? record.model : `${record.model}/${record.version}`,
      shadow: answered === undefined ? (this.#lastShadow ?? model.name) : nameOf(answered),
    };
    this.#lastShadow = names.shadow;
    this.book.add(names, { primary, shadow, comparison }, now());
    if (comparison !== undefined && !comparison.agrees) {
      this.#keep(names, sampleOf(record, { comparison, recorded, outputs, atMs: now() }));
    }
  }

  /** Of the answer before: an error does not say which version it is of. */
  #lastShadow: string | undefined;

  #keep(names: { readonly primary: string; readonly shadow: string }, sample: Sample): void {
    const { maxSamples } = this.#setup;
    if (maxSamples > 0 && this.book.wants(names, sample.severity, maxSamples))
      this.book.keep(names, sample, maxSamples);
  }

  async #infer({ inputs, parameters = {}, requested_outputs: outputs }: PayloadRecord): Promise<Outcome> {
    const values = Object.fromEntries(inputs.map((tensor) => [tensor.name, inputOf(tensor)]));
    // Parameters that are lists or objects are passed on as well.
    const options = { parameters, ...(outputs && { outputs }) } as InferOptions;
    try {
      return { error: undefined, result: await this.#setup.model.infer(values, options) };
    } catch (error) {
      if (!(error instanceof MillraceClientError) || error.status === 0 || HOPELESS.has(error.code)) throw error;
      return { error: error.code };
    }
  }
}

/** As shadows do without; undefined = it can be replayed. */
function whyDropped(
  { status, in_sequence: inSequence }: PayloadRecord,
  all: readonly LoggedTensor[],
): DropReason | undefined {
  if (inSequence === true) return 'sequence';
  if (UNANSWERED.has(status)) return 'unanswered';
  return all.some(({ data }) => data === undefined) ? 'size' : undefined;
}

function inputOf(logged: LoggedTensor) {
  const { datatype, shape, data } = readTensor(logged);
  return { datatype, shape, data: datatype === 'BYTES' ? bytesElements(data) : typedView(datatype, data) };
}

function tensorsOf({ outputs }: InferResult): readonly Tensor[] {
  return Object.entries(outputs).map(([name, { datatype, shape, raw }]) => ({ name, datatype, shape, data: raw }));
}

/** `fraud/4`, where it was asked for by a label, too. */
function nameOf({ modelName, modelVersion }: InferResult): string {
  return `${modelName.replace(/@.*$/, '')}/${modelVersion}`;
}

interface Disagreement {
  readonly comparison: AnswerComparison;
  readonly recorded: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly atMs: number;
}

function sampleOf({ request_id: requestId, inputs }: PayloadRecord, disagreement: Disagreement): Sample {
  const { comparison, recorded, outputs, atMs } = disagreement;
  return {
    requestId,
    atMs,
    severity: severityOf(comparison),
    outputs: comparison.outputs.filter(({ agrees }) => !agrees).map(({ name }) => name),
    inputs: sampleTensors(inputs.map(readTensor)),
    primary: sampleTensors(recorded),
    shadow: sampleTensors(outputs),
  };
}
