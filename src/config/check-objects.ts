import { isBelowPrefix, parseObjectPrefix } from '../object-store/index.js';
import { checkObjectRules } from '../service/index.js';
import { formatPath } from '../text/index.js';
import type { Locate } from './access.js';
import { placed } from './layer.js';
import type { Settings } from './schema.js';

/** What is wrong with settings that name objects, with where it is written. */
export function checkObjectSettings({ jobs, sagemaker }: Settings, locate: Locate): readonly string[] {
  const ofRules = checkObjectRules(jobs).map(({ path, message }) => ({ path: ['jobs', ...path], message }));
  return [...ofRules, ...checkAsyncOutput(sagemaker.asyncOutput, jobs)].map(({ path, message }) =>
    placed(locate(path), `${formatPath(path)}: ${message}`),
  );
}

function checkAsyncOutput(
  prefix: string,
  { outputs }: Settings['jobs'],
): readonly { readonly path: readonly string[]; readonly message: string }[] {
  if (prefix === '') return [];
  const path = ['sagemaker', 'asyncOutput'];
  try {
    parseObjectPrefix(prefix);
  } catch (error) {
    return [{ path, message: (error as Error).message }];
  }
  if (!prefix.endsWith('/')) return [{ path, message: `expected a slash at the end, got '${prefix}'` }];
  const isAllowed = outputs.allow.some(({ prefixes }) =>
    prefixes.some((allowed) => isBelowPrefix(`${prefix}any`, allowed)),
  );
  return isAllowed
    ? []
    : [
        {
          path,
          message: `'${prefix}' is below no prefix of jobs.outputs.allow, so that every invocation would be refused`,
        },
      ];
}
