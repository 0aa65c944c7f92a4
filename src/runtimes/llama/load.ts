import { type GenerationSpec, invalidArgument, messageOf, type SamplingDefaults } from '../../core/index.js';
import { generationSignature } from '../../generation/index.js';
import type { LoadedModel, LoadSpec } from '../contract.js';
import type { Description } from '../description.js';
import type { RuntimeContext } from '../runtime-context.js';
import { type GgufHeader, NO_HEADER, readGgufHeader } from './gguf-header.js';
import { LlamaContext } from './library/context.js';
import { type Library, openLibrary } from './library/open.js';
import { Weights } from './library/weights.js';
import { LlamaModel } from './model.js';
import { contextTokensFor, type LlamaOptions, readLlamaOptions, threadsFor } from './options.js';
import { loadPoolingModel } from './pooling/load.js';
import { poolingOf } from './pooling/pooling.js';
import { probeTemplate } from './prepare/prompt-thread.js';
import { samplingOfFile } from './sampling/defaults.js';
import { knowsEffort } from './template/adapt-variables.js';
import { type ChatFormats, chatFormatsOf } from './template/answer-markers.js';
import { type ChatTemplates, findTemplates } from './template/find-templates.js';

/** Loads a model that generates, or reads texts. */
export async function loadLlama(spec: LoadSpec, runtime: RuntimeContext): Promise<LoadedModel> {
  const options = readLlamaOptions(spec.options);
  const library = await openLibrary(spec.libraryFolder);
  const header = (await readGgufHeader(spec.path).catch(() => undefined)) ?? NO_HEADER;
  const pooling = poolingOf(header, options);
  if (pooling !== undefined) return loadPoolingModel({ library, spec, options, header, pooling }, runtime);
  return loadGenerator({ library, spec, options, header }, runtime);
}

interface GeneratorFile {
  readonly library: Library;
  readonly spec: LoadSpec;
  readonly options: LlamaOptions;
  readonly header: GgufHeader;
}

async function loadGenerator(
  { library, spec, options, header }: GeneratorFile,
  runtime: RuntimeContext,
): Promise<LoadedModel> {
  const weights = Weights.load(library, spec.path, options.gpuLayers);
  const contextTokens = contextTokensFor(options, weights.trainedContextTokens);
  const { toolFormat } = options;
  const finding = findTemplates(spec.path, options, weights);
  // A thread tries the template while memory is taken for the slots.
  const opening = finding.then((templates) =>
    openChat(templates, { library, weights, contextTokens, toolFormat, runtime }),
  );
  let context: LlamaContext | undefined;
  try {
    context = new LlamaContext(library, weights, {
      slots: options.slots,
      contextTokens,
      cacheTokens: cacheTokensOf(options, contextTokens),
      batchTokens: options.batchTokens,
      threads: threadsFor(options),
      deterministic: options.deterministic,
    });
    const templates = await finding;
    const chat = await opening;
    const sampling = { ...samplingOfFile(header, (message) => runtime.report('warn', message)), ...options.sampling };
    const description = describe(options, context, { chat, weights, sampling, templates });
    return new LlamaModel({ library, weights, context, options, chat, sampling, description, runtime });
  } catch (error) {
    await opening.catch(() => undefined);
    context?.free();
    weights.free();
    throw error;
  }
}

interface ChatParts {
  readonly library: Library;
  readonly weights: Weights;
  readonly contextTokens: number;
  readonly toolFormat: LlamaOptions['toolFormat'];
  readonly runtime: Pick<RuntimeContext, 'clock' | 'report'>;
}

/** How the model answers conversations; undefined where it has no template, or one that does not work, which is reported. */
async function openChat(
  templates: ChatTemplates | undefined,
  { library, weights, contextTokens, toolFormat, runtime }: ChatParts,
): Promise<ChatFormats | undefined> {
  if (templates === undefined) return undefined;
  const { vocabulary, longestPieceBytes } = weights;
  const limits = { contextTokens, longestPieceBytes };
  try {
    await probeTemplate({ library: library.file, vocabulary, limits, templates, toolFormat }, runtime.clock);
  } catch (error) {
    runtime.report('warn', `the model takes texts only: ${messageOf(error)}`);
    return undefined;
  }
  return chatFormatsOf(templates, toolFormat, weights);
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

interface Read {
  readonly weights: Weights;
  readonly chat: ChatFormats | undefined;
  readonly sampling: SamplingDefaults;
  readonly templates: ChatTemplates | undefined;
}

function describe(options: LlamaOptions, context: LlamaContext, read: Read): Description {
  const { weights, chat, sampling, templates } = read;
  const sources = [templates?.source, templates?.tools];
  const generate: GenerationSpec = {
    contextTokens: context.contextTokens,
    maxOutputTokens: options.maxOutputTokens,
    vocabularySize: weights.vocabularySize,
    chat: chat !== undefined,
    ...(chat !== undefined && { reasoningEffort: sources.some((source = '') => knowsEffort(source)) }),
    infill: weights.infillTokens !== undefined,
    sampling,
  };
  return {
    signature: generationSignature(generate),
    maxBatchSize: 0,
    pure: true,
    batchInvariant: options.deterministic,
    decoupled: true,
    tasks: { generate },
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
