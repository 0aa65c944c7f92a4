import { invalidArgument, type MillraceError, type Signature } from '../../core/index.js';
import type { LoadSpec, Runtime } from '../contract.js';
import type { RuntimeContext } from '../runtime-context.js';
import { ADDABLE } from './accumulator.js';
import { EchoModel } from './model.js';
import { type EchoOptions, readEchoOptions } from './options.js';

/** Models without a file: input i comes back as output i. */
export function createRuntime(context: RuntimeContext): Runtime {
  return {
    name: 'echo',
    async load(spec) {
      const options = readEchoOptions(spec.options);
      return new EchoModel(checkSignature(spec, options), options, context);
    },
  };
}

function checkSignature(spec: LoadSpec, { mode }: EchoOptions): Signature {
  const { declared } = spec;
  if (declared === undefined || declared.inputs.length === 0) {
    throw refuse('declare its inputs and outputs in the model configuration');
  }
  const { inputs, outputs } = declared;
  if (inputs.length !== outputs.length) {
    throw refuse(`expected as many outputs as inputs, got ${outputs.length} outputs and ${inputs.length} inputs`);
  }
  for (const [index, input] of inputs.entries()) {
    const output = outputs[index];
    if (output?.datatype !== input.datatype) {
      throw refuse(`output '${output?.name}' is ${output?.datatype}, its input '${input.name}' ${input.datatype}`);
    }
    if (mode === 'accumulate' && !ADDABLE.has(input.datatype)) {
      throw refuse(`mode accumulate cannot add up ${input.datatype} (input '${input.name}')`);
    }
  }
  return declared;
}

function refuse(message: string): MillraceError {
  return invalidArgument(`echo: ${message}`);
}
