import { invalidArgument, type MillraceError } from '../../../core/index.js';

/** The template refuses a conversation, fails or takes too long. */
export function refusedByTemplate(problem: string): MillraceError {
  return invalidArgument(`the chat template of the model does not take these messages: ${problem}`);
}
