import { ACTIONS, type Action, invalidArgument } from '../../core/index.js';
import { didYouMean } from '../../text/index.js';

/** An action by its name. Throws `invalid_argument` that names the one that was meant, or all. */
export function parseAction(text: string): Action {
  const found = ACTIONS.find((action) => action === text);
  if (found !== undefined) return found;
  const shown = text.slice(0, 80);
  throw invalidArgument(
    `there is no action '${shown}'${didYouMean(shown, ACTIONS, "'")} (actions: ${ACTIONS.join(', ')})`,
  );
}
