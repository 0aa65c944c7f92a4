import type { FromTriton, ToTriton, TritonSettings, TritonStep } from '../triton-mapping.js';
import type { EnsembleConfig } from './section.js';

/** Triton's `ensemble_scheduling` block. Throws a sentence where it is not whole, or stands beside what means nothing there. */
export function fromTriton(triton: TritonSettings): FromTriton<EnsembleConfig> {
  const { ensemble_scheduling: block } = triton;
  if (block === undefined) throw new Error("platform 'ensemble' needs an ensemble_scheduling block");
  if (triton.instance_group.length > 0) {
    throw new Error('instance_group: an ensemble has none; configure those of its models');
  }
  if (triton.model_warmup.length > 0) {
    throw new Error('model_warmup: an ensemble has none; configure that of its models');
  }
  if (block.step.length === 0) throw new Error('ensemble_scheduling: expected at least one step');
  return { options: { steps: block.step.map(fromStep) } };
}

function fromStep(step: TritonStep, index: number): EnsembleConfig['steps'][number] {
  const where = `ensemble_scheduling.step ${index}`;
  const version = Number(step.model_version);
  if (step.model_name === '') throw new Error(`${where}: model_name is missing`);
  if (version < -1) throw new Error(`${where}: model_version: expected a version, or -1, got ${version}`);
  if (step.model_namespace !== '') {
    throw new Error(`${where}: model_namespace is not supported; models are known by their names alone`);
  }
  // 0 is protobuf's "not written".
  return {
    model: step.model_name,
    ...(version < 1 ? {} : { version }),
    inputs: { ...step.input_map },
    outputs: { ...step.output_map },
  };
}

/** The block as Triton's configuration endpoint shows it. */
export function toTriton({ steps }: EnsembleConfig): ToTriton {
  return {
    block: {
      step: steps.map(({ model, version = -1, inputs, outputs }) => ({
        model_name: model,
        model_version: version,
        input_map: inputs,
        output_map: outputs,
        model_namespace: '',
      })),
    },
  };
}
