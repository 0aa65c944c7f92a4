import { type InferRequest, NO_PARAMETERS, type Parameters, type Tensor } from '../../core/index.js';

/** An inference request of protocols that have tensors and perhaps parameters, and nothing else. */
export function plainRequest(inputs: readonly Tensor[], parameters: Parameters = NO_PARAMETERS): InferRequest {
  return {
    id: '',
    inputs,
    outputs: undefined,
    parameters,
    priority: 0,
    queueTimeoutMs: undefined,
    sequence: undefined,
  };
}
