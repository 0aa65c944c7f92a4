import type { Turns } from '../../../core/index.js';
import type { WireResponse } from '../../wire.js';
import { JsonWriter } from './writer.js';

const JSON_HEADERS = Object.freeze({ 'content-type': 'application/json' });
/** Text after which others have a turn. */
const STEP_BYTES = 131_072;

/** Writes a JSON text; yields where it {@link isLong}. */
export type WriteInSteps = (writer: JsonWriter) => Generator<undefined, void>;

/** Whether so much has been written since the last step that others should have a turn. */
export function isLong(writer: JsonWriter): boolean {
  return writer.length >= STEP_BYTES;
}

/** Makes answers of JSON, with a buffer of its own; a large one bit by bit. */
export function createStepwiseAnswer(turns: Turns) {
  const shared = new JsonWriter();
  return (write: WriteInSteps, { isLarge }: { readonly isLarge: boolean }): WireResponse | Promise<WireResponse> => {
    if (isLarge) return answerInTurns(write, turns);
    shared.reset();
    const steps = write(shared);
    while (steps.next().done !== true);
    return { status: 200, headers: JSON_HEADERS, body: shared.finish() };
  };
}

async function answerInTurns(write: WriteInSteps, turns: Turns): Promise<WireResponse> {
  const writer = new JsonWriter();
  const pieces: Uint8Array[] = [];
  await turns.next();
  for (const _ of write(writer)) {
    pieces.push(writer.finishBytes());
    await turns.next();
  }
  pieces.push(writer.finishBytes());
  return { status: 200, headers: JSON_HEADERS, body: pieces };
}
