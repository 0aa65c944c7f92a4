import { CONTRACT_VERSION, type ConfiguredModel, type RuntimeManifest } from '../manifest.js';
import { type EnsembleConfig, EnsembleSchema } from './section.js';
import { fromTriton, toTriton } from './triton.js';

/** Graphs of other models of the server. */
export const ENSEMBLE: RuntimeManifest<EnsembleConfig> = {
  name: 'ensemble',
  contractVersion: CONTRACT_VERSION,
  options: EnsembleSchema,
  placements: ['inline'],
  placementReason: 'ensemble: it runs in the server itself',
  configProblem,
  composes: ({ steps }) => steps,
  triton: {
    backends: ['ensemble'],
    shownAs: '',
    decoupled: true,
    block: 'ensemble_scheduling',
    fromTriton,
    toTriton,
  },
};

/** An ensemble has no file and no instances: it waits for its models, in the server itself. */
function configProblem(config: ConfiguredModel, options: EnsembleConfig | undefined): string | undefined {
  const { runtime, inputs = [], outputs = [] } = config;
  if (options === undefined) return 'ensemble.steps: an ensemble needs steps';
  if (runtime !== undefined && runtime !== 'ensemble') return `runtime: ${runtime} has no ensemble.steps`;
  if (config.instances !== undefined) return 'instances: an ensemble has none; configure those of its models';
  if (config.batching?.enabled === true) return 'batching: an ensemble puts nothing together; its models do';
  if ((config.warmup ?? []).length > 0) return 'warmup: an ensemble has none; configure that of its models';
  if (outputs.length === 0) return 'outputs: an ensemble needs at least one';
  const vague = [...inputs, ...outputs].find(({ datatype, shape }) => datatype === undefined || shape === undefined);
  return vague === undefined ? undefined : `tensor '${vague.name}': in an ensemble it needs datatype and shape`;
}
