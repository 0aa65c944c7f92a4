import path from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { EventName, Events, GenerationParameters, ParameterValue, Prompt } from '../../src/core/index.js';
import { textPrompt } from '../../src/generation/index.js';
import type { BatchItem, Emission, Instance } from '../../src/runtimes/index.js';
import { preparedInstance } from './prepared-instance.js';
import { batchItem } from './tensors.js';
import { createTestHost, IN_PROCESS, loadSpec, runBatch, type TestHost } from './test-host.js';

/** A small real language model. */
export const TINY_MODEL = path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf');
export const PROMPT = 'In the beginning God created the heaven and the earth. And the earth was';
/** The most probable tokens, as many whatever they are: another processor may take another one where two are nearly as probable. */
export const GREEDY: GenerationParameters = { temperature: 0, maxTokens: 16, ignoreEos: true };
/**
 * How far log probabilities of the same token may lie apart where it was computed beside others, or behind a beginning that a slot held:
 * 0.004 was the most on processors with AMX, AVX-512, AVX2, AVX and SSE. A token that was read wrongly, or not at all, changes more.
 */
export const LOGPROB_TOLERANCE = 0.02;

export function textItem(
  callId: number,
  prompt: string,
  parameters: GenerationParameters = {},
  ownerId = 'tester',
): BatchItem {
  return {
    ...promptItem(callId, textPrompt(prompt), parameters),
    context: { requestId: 'r', clientId: '', ownerId, traceparent: '', remainingMs: Number.POSITIVE_INFINITY },
  };
}

export function promptItem(callId: number, prompt: Prompt, parameters: GenerationParameters = {}): BatchItem {
  return batchItem(callId, [], { generation: { ...parameters, prompt } });
}

/** The answer has to be JSON by a schema. */
export function bySchema(schema: object, strict = true): GenerationParameters {
  return { responseFormat: { type: 'json_schema', schema: schema as ParameterValue, strict } };
}

/** All text of a request's answers. */
export function textOf(emissions: readonly Emission[]): string {
  return emissions.map(({ delta }) => delta?.text ?? '').join('');
}

/** Text, tokens and end of a request that runs alone. */
export async function generate(
  instance: Instance,
  prompt: string,
  parameters: GenerationParameters = GREEDY,
  ownerId?: string,
) {
  const running = runBatch(instance, [textItem(1, prompt, parameters, ownerId)]);
  // Its reader has room for whatever comes.
  instance.grant(1, 10_000);
  const { emissions } = await running;
  const last = emissions.at(-1);
  return {
    text: textOf(emissions),
    usage: last?.usage,
    finishReason: last?.finishReason,
    error: last?.error,
    emissions,
  };
}

/** A host for each test, and the model in a runner process of it. */
export function useLlamaHost() {
  let hosted: TestHost;
  beforeEach(() => {
    hosted = createTestHost();
  });
  afterEach(() => hosted.host.close());
  return {
    load: async (options: Record<string, unknown> = {}, file = TINY_MODEL): Promise<Instance> => {
      const spec = {
        ...loadSpec({ runtime: 'llama', path: file }),
        options: { contextTokens: 256, slots: 4, threads: 1, ...options },
      };
      const instance = await hosted.load(spec);
      const preparer = await hosted.load({ ...spec, isPreparer: true }, IN_PROCESS, 'model/1#prepare');
      return preparedInstance(instance, preparer);
    },
    event: <Name extends EventName>(name: Name, matches?: (event: Events[Name]) => boolean) =>
      hosted.event(name, matches),
  };
}
