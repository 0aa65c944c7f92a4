import { availableParallelism } from 'node:os';
import { invalidArgument, type TensorSpec } from '../../core/index.js';
import type { Description, LoadedModel, LoadSpec } from '../contract.js';
import type { RuntimeContext } from '../runtime-context.js';
import { LlamaContext } from './library/context.js';
import { openLibrary } from './library/open.js';
import { Weights } from './library/weights.js';
import { LlamaModel } from './model.js';
import { type LlamaOptions, readLlamaOptions } from './options.js';
import { ChatTemplate } from './template/chat-template.js';

/** Where neither the configuration nor the model says less. */
const DEFAULT_CONTEXT_TOKENS = 4096;

/** Loads a language model. */
export async function loadLlama(spec: LoadSpec, runtime: RuntimeContext): Promise<LoadedModel> {
  const options = readLlamaOptions(spec.options);
  const library = await openLibrary(spec.libraryFolder);
  const weights = Weights.load(library, spec.path, options.gpuLayers);
  // Its thread starts while memory is taken for the slots.
  const opening = ChatTemplate.open(options.chatTemplate || weights.chatTemplate, weights, runtime);
  let context: LlamaContext | undefined;
  try {
    const contextTokens = contextTokensOf(options, weights);
    context = new LlamaContext(library, weights, {
      slots: options.slots,
      contextTokens,
      cacheTokens: cacheTokensOf(options, contextTokens),
      batchTokens: options.batchTokens,
      threads: options.threads || Math.max(1, availableParallelism() - 1),
      deterministic: options.deterministic,
    });
    const template = await opening;
    const description = describe(options, context, { template, weights });
    return new LlamaModel({ library, weights, context, options, template, description, runtime });
  } catch (error) {
    const template = await opening.catch(() => undefined);
    await template?.close();
    context?.free();
    weights.free();
    throw error;
  }
}

function contextTokensOf({ contextTokens }: LlamaOptions, { trainedContextTokens }: Weights): number {
  return contextTokens || Math.min(trainedContextTokens || DEFAULT_CONTEXT_TOKENS, DEFAULT_CONTEXT_TOKENS);
}

/** Throws `invalid_argument` where the cache would have no room for one request, or cannot be shared. */
function cacheTokensOf({ cacheTokens, slots, deterministic }: LlamaOptions, contextTokens: number): number | undefined {
  if (cacheTokens === 0 || cacheTokens >= slots * contextTokens) return undefined;
  if (cacheTokens < contextTokens) {
    throw invalidArgument(
      `llama.cacheTokens: expected at least the tokens of one context (${contextTokens}), got ${cacheTokens}`,
    );
  }
  // What is computed would depend a little on where in the memory it lies.
  if (deterministic) throw invalidArgument('llama.cacheTokens: expected to be left out beside llama.deterministic');
  return cacheTokens;
}

const text = (name: string, optional = false): TensorSpec => ({
  name,
  datatype: 'BYTES',
  shape: [1],
  batchAxis: null,
  optional,
});

interface Read {
  readonly weights: Weights;
  readonly template: ChatTemplate | undefined;
}

function describe(options: LlamaOptions, context: LlamaContext, { weights, template }: Read): Description {
  const tokens: TensorSpec = { name: 'token_ids', datatype: 'INT32', shape: [-1], batchAxis: null, optional: true };
  const chat = template === undefined ? [] : [text('chat_input', true)];
  const inputs = [text('text_input', true), tokens, ...chat];
  return {
    signature: { inputs, outputs: [text('text_output')] },
    maxBatchSize: 0,
    pure: true,
    batchInvariant: options.deterministic,
    decoupled: true,
    generates: {
      contextTokens: context.contextTokens,
      maxOutputTokens: options.maxOutputTokens,
      chat: template !== undefined,
      infill: weights.infillTokens !== undefined,
    },
    stateful: false,
    concurrency: options.slots,
    needsEventLoop: true,
    costUnit: 'tokens',
    affinity: options.sharePrefixes !== 'none',
    wantsContext: true,
    textOnly: true,
    platform: 'llama_cpp',
    statistics: [
      { name: 'slots_busy', help: 'Requests that are being generated for.' },
      { name: 'requests_waiting', help: 'Requests that wait for a slot in the runner.' },
      { name: 'kv_cache_used_tokens', help: 'Tokens that slots hold.' },
      { name: 'kv_cache_active_tokens', help: 'Those of them that requests which run need.' },
      { name: 'kv_cache_size_tokens', help: 'Tokens for which slots have room.' },
      { name: 'steps_total', help: 'Evaluations, each of a token for every request and parts of prompts.' },
      { name: 'evaluated_tokens_total', help: 'Tokens that were evaluated.' },
      { name: 'prefix_cache_hit_tokens_total', help: 'Tokens of prompts that a slot held already.' },
      {
        name: 'schema_mismatches_total',
        help: 'Finished answers that do not match their schema, which is not strict.',
      },
      { name: 'schema_checks_skipped_total', help: 'Finished answers of which that could not be found out.' },
    ],
  };
}
