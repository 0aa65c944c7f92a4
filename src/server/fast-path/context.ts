import type { Socket } from 'node:net';
import type { HttpContext } from '../http/exchange.js';
import type { Entrance, Gate } from '../http/gate.js';
import type { WholeInferences } from '../rest/dispatch.js';
import type { AnswerHeads } from './answer-head.js';
import type { FastExchange } from './fast-exchange.js';

/** What the connections of one listener share. */
export interface FastPathContext {
  readonly context: HttpContext;
  readonly gate: Gate;
  readonly whole: WholeInferences;
  readonly entrance: Entrance<FastExchange>;
  readonly heads: AnswerHeads;
  readonly toNode: (socket: Socket) => void;
  /** When the connections were checked last: near enough for how long one has been idle. */
  readonly coarseNow: () => number;
}
