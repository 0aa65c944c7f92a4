import { open } from 'node:fs/promises';
import path from 'node:path';
import { env, InferenceSession } from 'onnxruntime-node';
import type { LoadSpec } from '../contract.js';
import type { RuntimeContext } from '../runtime-context.js';
import { explainLoadError } from './errors.js';
import { KIND_BYTES } from './file-kind.js';
import { GraphCache } from './graph-cache.js';
import type { OnnxOptions } from './options.js';

/** A session of an ONNX file. Rejects with `invalid_argument`, or another code, that says in the terms of models why there is none. */
export async function createSession(
  spec: Pick<LoadSpec, 'path' | 'cacheFolder'>,
  options: OnnxOptions,
  context: Pick<RuntimeContext, 'report'>,
): Promise<InferenceSession> {
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
      beginning: await readBeginning(spec.path),
      providers: options.executionProviders,
      ortVersion: env.versions.common,
    });
  }
}

async function readBeginning(file: string): Promise<Uint8Array> {
  try {
    await using handle = await open(file);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(KIND_BYTES), 0, KIND_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    return new Uint8Array(0);
  }
}

export function toSessionOptions(options: OnnxOptions): InferenceSession.SessionOptions {
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
