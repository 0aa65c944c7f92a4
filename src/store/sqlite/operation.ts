import type { StoreWriter } from '../types.js';
import type { Kysely } from './kysely.js';
import type { Tables } from './tables.js';

/** The file as the session has it open. */
export interface OpenedFile {
  /** Of the connection: no other one ever had it. */
  readonly connection: string;
  readonly writer: StoreWriter;
  /** Of the tables; throws `unavailable` where a newer millrace has written them. */
  schema(): number;
}

/** Something that the store is asked for: what it takes and gives crosses threads by structured clone. */
export interface Operation<Input, Output> {
  /** It changes something, and so runs in a transaction. */
  readonly writes: boolean;
  /** It does not depend on what the tables are like: a file of an older or newer millrace will do. */
  readonly anySchema?: true;
  /** It also reads tables of this schema or a later one, as long as a server of that millrace writes the file. */
  readonly readableFrom?: number;
  run(db: Kysely<Tables>, input: Input, file: OpenedFile): Promise<Output>;
}

export const reading = <Input, Output>(
  run: Operation<Input, Output>['run'],
  options: Pick<Operation<Input, Output>, 'readableFrom'> = {},
): Operation<Input, Output> => ({ writes: false, run, ...options });

export const writing = <Input, Output>(run: Operation<Input, Output>['run']): Operation<Input, Output> => ({
  writes: true,
  run,
});
