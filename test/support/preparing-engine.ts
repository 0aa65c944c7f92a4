import type { Call, GenerationSpec, InferRequest } from '../../src/core/index.js';
import { MillraceError } from '../../src/core/index.js';
import type { GrantCredit, Submission } from '../../src/engine/types.js';
import { generationSignature, tensorsOfPrompt, textPrompt } from '../../src/generation/index.js';
import type { ModelConfig } from '../../src/repository/index.js';
import type { Description, PreparedAnswer, PreparedRequest } from '../../src/runtimes/index.js';
import { ONNX } from '../../src/runtimes/onnx/manifest.js';
import { PreparerModel } from '../../src/runtimes/preparer-model.js';
import { callOf, Outcome } from './engine-fixture.js';
import type { FakeInstance, GivenBatch } from './fake-instance.js';
import { createEngineFixture, source } from './loaded-engine.js';
import { principalWith } from './principals.js';

const GENERATE: GenerationSpec = { contextTokens: 64, maxOutputTokens: 8, chat: false };
export const GENERATOR: Description = {
  signature: generationSignature(GENERATE),
  tasks: { generate: GENERATE },
  maxBatchSize: 0,
  pure: true,
  batchInvariant: true,
  decoupled: true,
  stateful: false,
  concurrency: 4,
  needsEventLoop: true,
  costUnit: 'tokens',
  wantsContext: false,
  textOnly: true,
  platform: 'fake',
};
const PREPARER = { description: { concurrency: 2, wantsContext: false }, close: () => Promise.resolve() };
const clockless = { now: () => 0 } as ConstructorParameters<typeof PreparerModel>[1];
export const PREPARER_DESCRIPTION = new PreparerModel(
  { ...PREPARER, prepare: () => Promise.reject(new Error('it runs nothing')) },
  clockless,
).description;
/** What a preparer gives unless the test says otherwise. */
export const ANSWER: PreparedRequest = { cost: 7, value: Uint8Array.of(1, 2, 3) };

/** Ends the batch of a preparer with what it makes of its item, or why it makes nothing. */
export async function prepared(
  given: GivenBatch | undefined,
  answer: PreparedRequest | PreparedAnswer | MillraceError = ANSWER,
) {
  if (given === undefined) throw new Error('nothing is being prepared');
  const prepare = () => (answer instanceof MillraceError ? Promise.reject(answer) : Promise.resolve(answer));
  await new PreparerModel({ ...PREPARER, prepare }, clockless).execute(given.batch, given.emit);
  given.end();
}

/** An engine with a model that has a preparer; both answer when the test says so. */
export async function createPreparingEngine(
  config: ModelConfig = {},
  run: { readonly maxInFlightBytes?: number } = {},
) {
  const fixture = createEngineFixture(run);
  const { clock, engine, host } = fixture;
  host.automatic = false;
  host.onLoad = ({ isPreparer }) => {
    host.description = isPreparer === true ? PREPARER_DESCRIPTION : GENERATOR;
  };
  const model = { ...source(1, config), manifest: { ...ONNX, prepares: true } };
  await engine.load(model);
  const named = (id: string) => host.instances.findLast((instance) => instance.id === id) as FakeInstance;
  const grants: GrantCredit[] = [];
  const submit = async (text = 'a text', fields: Partial<Submission> & { readonly name?: string } = {}) => {
    const { name = 'caller', ...submission } = fields;
    const request: InferRequest = {
      id: text,
      inputs: tensorsOfPrompt(textPrompt(text)),
      outputs: undefined,
      parameters: {},
      priority: 0,
      queueTimeoutMs: undefined,
      sequence: undefined,
      generation: {},
      ...submission.request,
    };
    const call: Call = submission.call ?? callOf(principalWith(name, 'caller'));
    const outcome = new Outcome();
    const [info] = engine.serving('m');
    if (info === undefined) throw new Error('nothing serves');
    grants.push(engine.submit(info.ref, { ...submission, request, call, sink: outcome }));
    await clock.flush();
    return { outcome, call };
  };
  return {
    ...fixture,
    source: model,
    submit,
    grants,
    preparer: () => named('m/1#prepare'),
    instance: () => named('m/1#0'),
    gauges: () => engine.gauges().find(({ ref }) => ref === engine.serving('m')[0]?.ref),
  };
}

export type PreparingEngine = Awaited<ReturnType<typeof createPreparingEngine>>;

/** The prompts that a preparer has been given. */
export const textsAt = ({ given }: FakeInstance) =>
  given.map(({ batch }) =>
    batch.items
      .map(({ generation }) => String(generation?.prompt.kind === 'text' && Buffer.from(generation.prompt.text)))
      .join(),
  );

/** Ends a batch of the model with an answer. */
export const finish = ({ given }: FakeInstance, index = 0) => {
  const { batch, emit, end } = given[index] as GivenBatch;
  emit(batch.items.map(({ callId }) => ({ callId, outputs: [], delta: { text: 'said' }, final: true })));
  end();
};
