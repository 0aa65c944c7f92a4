import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import type { Signature, TensorSpec } from '../../core/index.js';
import type { LoadedModel, LoadSpec, Runtime } from '../contract.js';
import type { RuntimeContext } from '../runtime-context.js';
import { readGraphValues } from './graph-values.js';
import { OnnxModel } from './model.js';
import { type OnnxOptions, readOnnxOptions } from './options.js';
import { checkProviders } from './providers.js';
import { quantizesDynamically } from './quantization.js';
import { type RowTrial, TRIAL_ROWS, tryRows } from './row-trial.js';
import { createSession, toSessionOptions } from './session.js';
import { chooseServable, guessBatching, judgeBatching, possibleLists, readSignature } from './signature.js';
import { declineTelemetry } from './telemetry.js';
import { withoutZipMap } from './zip-map.js';

/** ONNX models by onnxruntime-node. */
export function createRuntime(context: RuntimeContext): Runtime {
  declineTelemetry();
  return { name: 'onnx', load: (spec) => loadOnnx(spec, context) };
}

async function loadOnnx(spec: LoadSpec, context: RuntimeContext): Promise<LoadedModel> {
  const options = readOnnxOptions(spec.options);
  checkProviders(options.executionProviders);
  const { session, labels } = await openSession(spec, options, context);
  try {
    const quantizes = await quantizesDynamically(spec.path);
    const { signature, independent } = await describe(session, spec, quantizes);
    const description = {
      signature: { ...signature, outputs: signature.outputs.map((output) => withLabels(output, labels)) },
      pure: true,
      batchInvariant: !quantizes && independent,
      decoupled: false,
      stateful: false,
      concurrency: 1,
      needsEventLoop: false,
      readsInPlace: true,
      wantsContext: false,
      textOnly: true,
      platform: 'onnxruntime_onnx',
    };
    return new OnnxModel(session, description, context.clock);
  } catch (error) {
    await session.release();
    throw error;
  }
}

function withLabels(output: TensorSpec, labels: Labels): TensorSpec {
  const classes = labels.get(output.name);
  return classes === undefined ? output : { ...output, labels: classes };
}

interface Described {
  readonly signature: Signature;
  /** Rows do not influence each other, as far as anybody can tell. */
  readonly independent: boolean;
}

/** The signature, with a batch axis where the configuration declares one, or the file or a run shows one. */
async function describe(session: InferenceSession, spec: LoadSpec, quantizes: boolean): Promise<Described> {
  const { maxBatchSize } = spec;
  const metadata = { inputs: session.inputMetadata, outputs: session.outputMetadata };
  const servable = chooseServable(metadata, () => readGraphValues(spec.path));
  const judged = judgeBatching(servable);
  const mayBatch = judged !== 'no' && maxBatchSize !== 0;
  const alone = readSignature(servable, null);
  const trial =
    mayBatch || servable.rankUnknown.size > 0 ? await tryRows(session, alone, possibleLists(servable)) : undefined;
  // What quantisation makes of other rows is no sign that rows are anything else.
  const independent = quantizes || trial?.independent !== false;
  const shown = trial?.keepsRows && independent;
  const batches = mayBatch && (maxBatchSize !== undefined || (shown ?? (judged === 'yes' || guessBatching(servable))));
  return { signature: asShown(readSignature(servable, batches ? 0 : null), trial), independent };
}

/** Outputs are as a run has shown them, where the file says nothing of their rank, or one row whatever comes in. */
function asShown(signature: Signature, trial: RowTrial | undefined): Signature {
  const outputs = signature.outputs.map(({ rankUnknown, ...output }): TensorSpec => {
    const shown = trial?.shapes.get(output.name);
    if (shown === undefined) return rankUnknown === undefined ? output : { ...output, rankUnknown };
    if (rankUnknown !== undefined) return { ...output, shape: shown.map(() => -1) };
    const [first, ...rest] = output.shape;
    // LightGBM's converter says so of the label.
    return first === 1 && shown[0] === TRIAL_ROWS ? { ...output, shape: [-1, ...rest] } : output;
  });
  return { ...signature, outputs };
}

interface OpenSession {
  readonly session: InferenceSession;
  /** Class labels that stand in the model, by output. */
  readonly labels: Labels;
}

type Labels = ReadonlyMap<string, readonly string[]>;

/** A session whose outputs are tensors, if need be of the model without ZipMap. */
async function openSession(spec: LoadSpec, options: OnnxOptions, context: RuntimeContext): Promise<OpenSession> {
  const session = await createSession(spec, options, context);
  if (session.outputMetadata.every(({ isTensor }) => isTensor)) return { session, labels: new Map() };
  try {
    const unzipped = withoutZipMap(await readFile(spec.path));
    if (unzipped !== undefined) {
      const tensors = await InferenceSession.create(unzipped.model, toSessionOptions(options));
      await session.release();
      return { session: tensors, labels: unzipped.labels };
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    context.report('warn', `'${path.basename(spec.path)}' could not be loaded without ZipMap: ${reason}`);
  }
  return { session, labels: new Map() };
}
