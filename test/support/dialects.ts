import { type Clock, systemClock } from '../../src/core/index.js';
import {
  createOipDialect,
  Decoder,
  type Dialect,
  type DialectContext,
  parseForwardPattern,
  RequestMemo,
} from '../../src/protocols/index.js';
import type { ServerOptions } from '../../src/server/index.js';
import type { Service } from '../../src/service/index.js';
import { createFakeService } from './fake-service.js';

export interface DialectSetup {
  readonly service?: Service;
  readonly clock?: Clock;
  readonly options?: Partial<ServerOptions>;
}

/** What the assembly makes dialects with. */
export function createDialectContext({
  service,
  clock = systemClock,
  options = {},
}: DialectSetup = {}): DialectContext {
  return {
    service: service ?? createFakeService(),
    clock,
    decoder: new Decoder(clock),
    maxInputs: options.maxInputs ?? 256,
    forwardHeaders: parseForwardPattern(options.httpHeaderForwardPattern ?? ''),
    forwardMetadata: parseForwardPattern(options.grpcHeaderForwardPattern ?? ''),
    createMemo: () => new RequestMemo(),
  };
}

/** The dialects that are built in. */
export function createDialects(setup: DialectSetup = {}): readonly Dialect[] {
  return [createOipDialect(createDialectContext(setup))];
}
