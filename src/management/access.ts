import type { AccessEndpoints } from '../api/index.js';
import { ACCESS_ENDPOINTS } from '../api/schemas/index.js';
import { invalidArgument } from '../core/index.js';
import type { Route } from '../protocols/index.js';
import type { AccessUseCases } from '../service/index.js';
import { encodeExplanation } from './encode-explanation.js';
import { createEndpointRoutes } from './endpoint-route.js';

const MAX_LENGTH = 512;
const MAX_GROUPS = 100;

/** Who may do what. */
export function createAccessRoutes(access: AccessUseCases): readonly Route[] {
  return createEndpointRoutes<AccessEndpoints>(ACCESS_ENDPOINTS, {
    async 'GET /access/explain'(call, { query }) {
      const groups = query.getAll('group');
      if (groups.length > MAX_GROUPS) {
        throw invalidArgument(`group: expected ${MAX_GROUPS} at most, got ${groups.length}`);
      }
      const question = {
        principal: query.has('principal') ? readOne(query, 'principal') : undefined,
        groups: groups.map((group) => bounded('group', group)),
        action: readOne(query, 'action'),
        resource: query.has('resource') ? readOne(query, 'resource') : '',
      };
      return { body: encodeExplanation(await access.explain(call, question)) };
    },
  });
}

function readOne(query: URLSearchParams, name: string): string {
  const [value, ...more] = query.getAll(name);
  if (value === undefined) throw invalidArgument(`${name} is missing, expected \`?${name}=…\` in the URL`);
  if (more.length > 0) throw invalidArgument(`${name}: expected one, got ${more.length + 1}`);
  return bounded(name, value);
}

function bounded(name: string, value: string): string {
  if (value.length <= MAX_LENGTH) return value;
  throw invalidArgument(`${name}: expected at most ${MAX_LENGTH} characters, got ${value.length}`);
}
