import type { Call, InferRequest } from '../../src/core/index.js';
import type { InferResult, Service } from '../../src/service/index.js';

/** Runs one inference of a model by its name, as every dialect does. */
export async function inferNamed(
  service: Pick<Service, 'inference'>,
  call: Call,
  { name, version, request }: { readonly name: string; readonly version?: number; readonly request: InferRequest },
): Promise<InferResult> {
  return service.inference.infer(call, await service.inference.resolve(call, { name, version }), request);
}
