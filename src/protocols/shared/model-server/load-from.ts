import { type Call, MillraceError } from '../../../core/index.js';
import type { ServedModel, Service } from '../../../service/index.js';

/** Loading a model has failed since there is no memory left, or no room for its instances: who asked may unload others, and try again. */
export class OutOfMemoryError extends MillraceError {
  static readonly status = 507;

  constructor(original: MillraceError) {
    super('resource_exhausted', original.message, { cause: original });
    this.name = 'OutOfMemoryError';
  }
}

/** Loads a model from where it lies. Rejects with {@link OutOfMemoryError} where there is no memory or no room for its instances. */
export async function loadFrom(
  service: Pick<Service, 'models'>,
  call: Call,
  { name, url }: { readonly name: string; readonly url: string },
): Promise<readonly ServedModel[]> {
  try {
    return await service.models.loadModel(call, name, { from: url });
  } catch (error) {
    throw error instanceof MillraceError && isOutOfMemory(error) ? new OutOfMemoryError(error) : error;
  }
}

function isOutOfMemory(error: unknown): boolean {
  if (!(error instanceof MillraceError)) return false;
  return error.code === 'resource_exhausted' || error.reason === 'out_of_memory' || isOutOfMemory(error.cause);
}
