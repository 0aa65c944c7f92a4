import type { Clock, LogLevel } from '../core/index.js';
import type { CallModel, DescribeModel } from './model-calls.js';

/** What a runtime gets from wherever it lives, the serving thread or a runner process. */
export interface RuntimeContext {
  readonly clock: Clock;
  /** True in a runner process, whose death harms nobody else. */
  readonly isolated: boolean;
  /** Makes something known that is worth a log line; never a payload. */
  report(level: LogLevel, message: string): void;
  /** Other models of the server, for an item that is being executed. */
  readonly callModel: CallModel;
  /** What other models of the server take and give; undefined where only the server itself could tell. */
  readonly describeModel?: DescribeModel;
}
