import { messageOf } from '../core/index.js';
import { parsePatterns } from '../text/index.js';
import type { PayloadLogOptions } from './options.js';
import { parsePayloadPath } from './payload-path.js';

/** Index of the rule that applies to a request by its route ('' = none) and model; undefined = it is not recorded. */
export type FindRule = (route: string, model: string) => number | undefined;

/** Names are remembered, as far as there are not too many. */
const MAX_REMEMBERED = 4_096;

export function createFindRule({ rules }: Pick<PayloadLogOptions, 'rules'>): FindRule {
  const patterns = rules.map(({ names }) => parsePatterns(names));
  const found = new Map<string, Map<string, number | undefined>>();
  let remembered = 0;
  return (route, model) => {
    const ofRoute = found.get(route);
    if (ofRoute?.has(model) === true) return ofRoute.get(model);
    const index = patterns.findIndex(({ matches }) => (route !== '' && matches(route)) || matches(model));
    const rule = index < 0 ? undefined : index;
    if (remembered++ < MAX_REMEMBERED) found.set(route, (ofRoute ?? new Map()).set(model, rule));
    return rule;
  };
}

/** What is wrong with the settings of the payload log. */
export function checkPayloadLog({ folder, rules }: PayloadLogOptions): readonly string[] {
  const places =
    (folder === '') === (rules.length === 0)
      ? []
      : [
          folder === ''
            ? 'payloadLog.rules are set without payloadLog.folder: expected the folder of the log'
            : 'payloadLog.folder is set without payloadLog.rules: expected a rule that says what is recorded',
        ];
  const paths = rules.flatMap(({ redact }, index) =>
    redact.flatMap((path, at) => {
      try {
        parsePayloadPath(path);
        return [];
      } catch (error) {
        return [`payloadLog.rules[${index}].redact[${at}]: ${messageOf(error)}`];
      }
    }),
  );
  return [...places, ...paths];
}
