import { parseObjectPrefix } from '../object-store/index.js';
import { checkObjectRules } from '../service/index.js';
import { formatPath } from '../text/index.js';
import type { Locate } from './access.js';
import { placed } from './layer.js';
import type { Settings } from './schema.js';

/** What is wrong with settings that name objects, with where it is written. */
export function checkObjectSettings({ jobs, sagemaker }: Settings, locate: Locate): readonly string[] {
  const ofRules = checkObjectRules(jobs).map(({ path, message }) => ({ path: ['jobs', ...path], message }));
  return [...ofRules, ...checkAsyncOutput(sagemaker.asyncOutput)].map(({ path, message }) =>
    placed(locate(path), `${formatPath(path)}: ${message}`),
  );
}

function checkAsyncOutput(prefix: string): readonly { readonly path: readonly string[]; readonly message: string }[] {
  if (prefix === '') return [];
  const path = ['sagemaker', 'asyncOutput'];
  try {
    parseObjectPrefix(prefix);
  } catch (error) {
    return [{ path, message: (error as Error).message }];
  }
  return prefix.endsWith('/') ? [] : [{ path, message: `expected a slash at the end, got '${prefix}'` }];
}
