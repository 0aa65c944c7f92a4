import { type Clock, systemClock } from '../../src/core/index.js';
import {
  createDialectContext as createContext,
  Decoder,
  type Dialect,
  type DialectContext,
} from '../../src/protocols/index.js';
import { createOipDialect } from '../../src/protocols/oip/dialect.js';
import type { ServerOptions } from '../../src/server/index.js';
import type { Service } from '../../src/service/index.js';
import { createFakeService } from './fake-service.js';

export interface DialectSetup {
  readonly service?: Service;
  readonly clock?: Clock;
  readonly options?: Partial<ServerOptions>;
}

const OPTIONS = { maxInputs: 256, httpHeaderForwardPattern: '', grpcHeaderForwardPattern: '' };

/** What the assembly makes dialects with. */
export function createDialectContext({
  service,
  clock = systemClock,
  options,
}: DialectSetup = {}): DialectContext<keyof Service> {
  const context = createContext({
    service: service ?? createFakeService(),
    clock,
    decoder: new Decoder(clock),
    options: { ...OPTIONS, ...options },
  });
  return { ...context, loadBodyHandlers: () => Promise.reject(new Error('of none of the built-in dialects')) };
}

/** The dialects that are built in. */
export function createDialects(setup: DialectSetup = {}): readonly Dialect[] {
  return [createOipDialect(createDialectContext(setup))];
}
