import path from 'node:path';
import { env, InferenceSession } from 'onnxruntime-node';
import type { Signature } from '../../core/index.js';
import type { LoadedModel, LoadSpec, Runtime } from '../contract.js';
import type { RuntimeContext } from '../runtime-context.js';
import { explainLoadError } from './errors.js';
import { GraphCache } from './graph-cache.js';
import { OnnxModel } from './model.js';
import { type OnnxOptions, readOnnxOptions } from './options.js';
import { checkProviders } from './providers.js';
import { quantizesDynamically } from './quantization.js';
import { keepsRows } from './row-probe.js';
import { guessBatching, judgeBatching, readSignature } from './signature.js';
import { declineTelemetry } from './telemetry.js';

/** ONNX models by onnxruntime-node. */
export function createOnnxRuntime(context: RuntimeContext): Runtime {
  declineTelemetry();
  return { name: 'onnx', load: (spec) => loadOnnx(spec, context) };
}

async function loadOnnx(spec: LoadSpec, context: RuntimeContext): Promise<LoadedModel> {
  const options = readOnnxOptions(spec.options);
  checkProviders(options.executionProviders);
  const session = await createSession(spec, options, context);
  try {
    const description = {
      signature: await describe(session, spec.maxBatchSize),
      pure: true,
      batchInvariant: !(await quantizesDynamically(spec.path)),
      decoupled: false,
      stateful: false,
      concurrency: 1,
      needsEventLoop: false,
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

/** The signature, with a batch axis where the configuration declares one, the file is clear about it, or a run shows it. */
async function describe(session: InferenceSession, maxBatchSize: number | undefined): Promise<Signature> {
  const metadata = { inputs: session.inputMetadata, outputs: session.outputMetadata };
  const judged = judgeBatching(metadata);
  const alone = readSignature(metadata, null);
  if (judged === 'no' || maxBatchSize === 0) return alone;
  const batches =
    judged === 'yes' ||
    maxBatchSize !== undefined ||
    ((await keepsRows(session, alone.inputs)) ?? guessBatching(metadata));
  return batches ? readSignature(metadata, 0) : alone;
}

async function createSession(spec: LoadSpec, options: OnnxOptions, context: RuntimeContext): Promise<InferenceSession> {
  const sessionOptions = toSessionOptions(options);
  // What other providers make of a graph cannot be written down.
  const cacheFolder = options.executionProviders.every((name) => name === 'cpu') ? spec.cacheFolder : undefined;
  try {
    if (!options.cacheOptimizedGraph || cacheFolder === undefined) {
      return await InferenceSession.create(spec.path, sessionOptions);
    }
    return await new GraphCache(cacheFolder, context.report).createSession(spec.path, sessionOptions);
  } catch (error) {
    throw explainLoadError(error, {
      fileName: path.basename(spec.path),
      providers: options.executionProviders,
      ortVersion: env.versions.common,
    });
  }
}

function toSessionOptions(options: OnnxOptions): InferenceSession.SessionOptions {
  return {
    intraOpNumThreads: options.intraOpThreads,
    interOpNumThreads: options.interOpThreads,
    graphOptimizationLevel: options.graphOptimization,
    executionMode: options.executionMode,
    executionProviders: [...options.executionProviders],
    enableCpuMemArena: options.enableCpuMemArena,
    enableMemPattern: options.enableMemPattern,
    // Errors arrive as exceptions; printing them too would let callers fill the log.
    logSeverityLevel: 4,
  };
}
