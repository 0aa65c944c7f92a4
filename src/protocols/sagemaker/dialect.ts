import type { DIALECT_USES, Dialect, DialectContext } from '../dialect.js';
import { HTTP_STATUS } from '../shared/http-errors.js';
import type { BodyHandlers } from '../shared/invocations/body-handlers.js';
import { createContainerRoutes } from './container-routes.js';
import { createEndpointRoutes } from './endpoint-routes.js';
import { encodeError } from './errors.js';
import { createInvokeModel } from './invoke.js';
import type { SageMakerOptions } from './options.js';
import { createSignatures } from './signature.js';

/** Amazon SageMaker: the contract of its containers, and the runtime API that clients call. */
export function createSageMakerDialect(
  context: DialectContext<(typeof DIALECT_USES)[number] | 'jobs'>,
  options: SageMakerOptions,
  handlers: BodyHandlers,
): Dialect {
  const { model, accessKeys, asyncOutput: output } = options;
  const parts = { context, invoke: createInvokeModel(context, handlers), model };
  const asynchronous = { jobs: context.service.jobs, output };
  return {
    name: 'sagemaker',
    description: "Amazon SageMaker's container contract, and the runtime API that its clients call.",
    routes: [...createContainerRoutes(parts), ...createEndpointRoutes({ ...parts, asynchronous })],
    ...(accessKeys.length > 0 && { signatures: createSignatures(accessKeys, context.clock) }),
    status: HTTP_STATUS,
    encodeError,
  };
}
