import { MillraceError } from '../../core/index.js';
import type { Audited } from '../../governance/index.js';
import { admit } from '../../governance/index.js';
import { formatArm, type ShadowConfig } from '../../routing/index.js';
import { ShadowBook } from '../../shadows/index.js';
import type { RouteTable } from '../routes/route-table.js';
import type { ShadowBooks } from './shadow-books.js';
import type { Shadows } from './shadows.js';
import type { ShadowUseCases } from './types.js';

interface ShadowParts {
  readonly shadows: Pick<Shadows, 'pendingOf'>;
  readonly books: ShadowBooks;
  readonly routes: Pick<RouteTable, 'find'>;
  readonly audited: Audited;
  /** Milliseconds since the Unix epoch. */
  readonly wallNow: () => number;
}

/** The use cases of shadows. */
export function createShadowUseCases({ shadows, books, routes, audited, wallNow }: ShadowParts): ShadowUseCases {
  const configOf = (name: string): ShadowConfig | undefined => routes.find({ name, version: undefined })?.shadow;
  const bookOf = (name: string): ShadowBook => {
    const book = books.find(name);
    if (book !== undefined) return book;
    if (configOf(name) !== undefined) return new ShadowBook(wallNow());
    if (routes.find({ name, version: undefined }) === undefined) throw unknown(name);
    throw new MillraceError('not_found', `no shadow is set for the route '${name}'`);
  };
  const unknown = (name: string) => new MillraceError('not_found', `there is no route '${name}'`);
  return {
    report: async (call, route) => {
      admit(call.principal, 'shadow.read', { name: route, isOwn: true, unknown });
      const book = bookOf(route);
      const config = configOf(route);
      const { since, copied, dropped } = book;
      return {
        route,
        shadow: config && nameOf(config),
        share: config?.share ?? 0,
        sinceMs: since,
        copied,
        pending: shadows.pendingOf(route),
        dropped,
        pairs: book.report(),
      };
    },
    reset: async (call, route) =>
      audited(call, { action: 'shadow.reset', resource: route, right: 'shadow.reset', unknown }, () => {
        bookOf(route);
        books.forget(route);
      }),
  };
}

function nameOf({ model, label, version }: ShadowConfig): string {
  return version === undefined ? formatArm({ model, label }) : `${model}/${version}`;
}
