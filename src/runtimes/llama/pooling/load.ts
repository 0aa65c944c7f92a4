import { invalidArgument, type ModelTasks, type PoolingSpec } from '../../../core/index.js';
import type { LoadedModel, LoadSpec } from '../../contract.js';
import { describePooling } from '../../pooling/description.js';
import type { PoolingPlan } from '../../pooling/plan.js';
import { PoolingPreparer } from '../../pooling/preparer.js';
import type { Preparer } from '../../preparer.js';
import type { RuntimeContext } from '../../runtime-context.js';
import type { GgufHeader } from '../gguf-header.js';
import { architectureValue, contextOf, numberOf, vocabularySizeOf } from '../gguf-metadata.js';
import type { Library } from '../library/open.js';
import { PoolingContext } from '../library/pooling-context.js';
import { Weights } from '../library/weights.js';
import { type LlamaOptions, threadsFor } from '../options.js';
import { LlamaPoolingModel } from './model.js';
import { capacityTokensOf, checkPoolingOptions, type Pooling } from './pooling.js';
import { LlamaTokenizer } from './tokenizer.js';

/** Tensors that make scores. */
const HEADS = ['cls.weight', 'cls.output.weight'];

/** A model that pools, before it is loaded. */
export interface PoolingFile {
  readonly library: Library;
  readonly spec: LoadSpec;
  readonly options: LlamaOptions;
  readonly header: GgufHeader;
  readonly pooling: Pooling;
}

/** Loads a model that embeds, ranks or classifies texts. Throws as {@link Weights.load} does, and for options that are about generating. */
export function loadPoolingModel(file: PoolingFile, { clock }: RuntimeContext): LoadedModel {
  const { library, spec, options, header, pooling } = file;
  checkPoolingOptions(options);
  checkHead(file);
  const weights = Weights.load(library, spec.path, options.gpuLayers);
  try {
    const { classes, dimensions, rerankTemplate } = weights;
    const tasks = tasksOf(file, { rerankTemplate, labels: classes });
    const context = new PoolingContext(library, weights, {
      pooling,
      size: pooling === 'rank' ? classes.length : dimensions,
      capacityTokens: capacityTokensOf(header, options),
      threads: threadsFor(options),
      deterministic: options.deterministic,
    });
    const description = describePooling(tasks, {
      maxBatchSize: spec.maxBatchSize,
      batchInvariant: true,
      // Nothing is padded: texts of all lengths may run together.
      padding: { maxPaddedCost: options.batchTokens, maxWaste: 1 },
      platform: 'llama_cpp',
    });
    return new LlamaPoolingModel({
      description,
      weights,
      context,
      givesProbabilities: /^qwen3/.test(String(header.values.get('general.architecture'))),
      clock,
    });
  } catch (error) {
    weights.free();
    throw error;
  }
}

/** Loads the vocabulary of such a model, without its weights. Throws as {@link Weights.loadVocabulary} does. */
export function loadPoolingPreparer(file: PoolingFile, { clock }: RuntimeContext): Preparer {
  const { library, spec } = file;
  const words = Weights.loadVocabulary(library, spec.path);
  const { vocabulary, rerankTemplate } = words;
  const setup = { library: library.file, vocabulary, rerankTemplate };
  const plan: PoolingPlan = {
    // Labels are read together with the weights only, and are not needed here.
    tasks: tasksOf(file, { rerankTemplate, labels: [] }),
    ...limitsOf(file),
    normalize: true,
    prompts: new Map(),
    defaultPrompt: '',
    inputPrompts: { query: '', document: '' },
  };
  return new PoolingPreparer(plan, new LlamaTokenizer(setup, { clock, free: () => words.free() }));
}

/** llama.cpp would take numbers of the last layer for scores. */
function checkHead({ header, pooling }: PoolingFile): void {
  if (pooling !== 'rank' || HEADS.some((name) => header.tensors.has(name))) return;
  throw invalidArgument(`a model that ranks has a tensor ${HEADS.join(' or ')}; the file has none`);
}

function tasksOf(
  file: PoolingFile,
  { rerankTemplate, labels }: Pick<Weights, 'rerankTemplate'> & { readonly labels: readonly (string | undefined)[] },
): ModelTasks {
  const { header, pooling } = file;
  const limits = limitsOf(file);
  if (pooling !== 'rank') {
    const dimensions = numberOf(header, 'embedding_length_out') || numberOf(header, 'embedding_length');
    return { embed: { ...limits, dimensions, pooling, prompts: [], tokenVectors: false } };
  }
  const named = architectureValue(header, 'classifier.output_labels');
  const classes = typeof named === 'object' ? named.length : 1;
  // A model that is asked whether a document answers a query has a class for each answer.
  if (classes <= 1 || rerankTemplate !== undefined) return { rank: limits };
  const shown = Array.from({ length: classes }, (_, index) => labels[index] || `LABEL_${index}`);
  return { classify: { ...limits, labels: shown, multiLabel: false } };
}

function limitsOf({ header, options }: PoolingFile): PoolingSpec {
  return { maxInputTokens: contextOf(header, options), vocabularySize: vocabularySizeOf(header) };
}
