import { MillraceError } from '../../core/index.js';
import type { Route } from '../route.js';

const SHARED_MEMORY = ['systemsharedmemory', 'cudasharedmemory'].flatMap((kind) => [
  ['GET', `/v2/${kind}/status`],
  ['GET', `/v2/${kind}/region/{region}/status`],
  ['POST', `/v2/${kind}/region/{region}/register`],
  ['POST', `/v2/${kind}/unregister`],
  ['POST', `/v2/${kind}/region/{region}/unregister`],
]) as readonly (readonly ['GET' | 'POST', string])[];

/** Triton's routes that this server knows but does not have: 501 rather than a 404 that looks like a typing error. */
export function createUnimplementedRoutes(): readonly Route[] {
  return [...SHARED_MEMORY.map(([method, path]) => refuse(method, path, 'shared memory: send tensors in the request'))];
}

function refuse(method: Route['method'], path: string, what: string): Route {
  return {
    method,
    path,
    tag: 'unimplemented',
    summary: 'Not implemented',
    access: 'key',
    control: false,
    hidden: true,
    handle: () => {
      throw new MillraceError('unimplemented', `this server does not offer ${what}`);
    },
  };
}
