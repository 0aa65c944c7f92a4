import type { Session } from './session.js';

/** A request to the store. Its input and output cross threads by structured clone. */
export interface Operation<Input, Output> {
  /** It changes something, and so runs in a transaction. */
  readonly writes: boolean;
  /** It changes nothing before it refuses, so that it needs no savepoint: SQLite copies each page that a savepoint changes. */
  readonly refusesFirst?: true;
  /** It does not depend on the tables: a file of an older or newer millrace will do. */
  readonly anySchema?: true;
  /** It also reads tables of this schema or a later one, as long as a server of that millrace writes the file. */
  readonly readableFrom?: number;
  run(session: Session, input: Input): Promise<Output>;
}

export const reading = <Input, Output>(
  run: Operation<Input, Output>['run'],
  options: Pick<Operation<Input, Output>, 'readableFrom'> = {},
): Operation<Input, Output> => ({ writes: false, run, ...options });

export const writing = <Input, Output>(
  run: Operation<Input, Output>['run'],
  options: Pick<Operation<Input, Output>, 'refusesFirst'> = {},
): Operation<Input, Output> => ({ writes: true, run, ...options });
