import type { Kysely } from './kysely.js';
import type { Tables } from './tables.js';

/** Something that the store is asked for: what it takes and gives crosses threads by structured clone. */
export interface Operation<Input, Output> {
  /** It changes something, and so runs in a transaction. */
  readonly writes: boolean;
  /** It does not depend on what the tables are like: a file of an older or newer millrace will do. */
  readonly anySchema?: true;
  run(db: Kysely<Tables>, input: Input): Promise<Output>;
}

export const reading = <Input, Output>(run: Operation<Input, Output>['run']): Operation<Input, Output> => ({
  writes: false,
  run,
});

export const writing = <Input, Output>(run: Operation<Input, Output>['run']): Operation<Input, Output> => ({
  writes: true,
  run,
});
