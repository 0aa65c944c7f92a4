import { Call, type CallOptions, type Events } from '../../src/core/index.js';
import { principalWith } from './principals.js';

/** The same each time, as of a server that remembers its callers. */
export const CALLER = principalWith('app', 'caller');

/** An inference that has ended, of the caller on `mlp`, unless said otherwise. */
export function finishedInference(
  requestId: string,
  { name = 'mlp', ...fields }: Partial<Events['inferFinished']> & { readonly name?: string } = {},
  call: Partial<CallOptions> = {},
): Events['inferFinished'] {
  const options = { principal: CALLER, trace: undefined, deadlineAt: Number.POSITIVE_INFINITY, receivedAt: 0 };
  return {
    call: new Call({ requestId, ...options, from: { remoteAddress: '10.0.0.1', transport: 'http' }, ...call }),
    target: { name, version: undefined },
    request: undefined,
    ref: { name: 'mlp', version: 3, generation: 1 },
    error: undefined,
    answered: true,
    rows: 1,
    epochMs: 1_750_000_000_000,
    ...fields,
  };
}
