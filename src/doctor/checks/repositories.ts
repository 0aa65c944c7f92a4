import { quoteShell } from '../../text/index.js';
import { type Check, command } from '../diagnosis.js';

/** Repositories that cannot be read, or are not followed since nothing is left in them. */
export const checkRepositories: Check = ({ repositories }) =>
  repositories.flatMap(({ setting: where, path, problem, keptModels }) =>
    problem === ''
      ? []
      : [
          {
            id: 'repository-unreadable',
            level: 'error',
            what: keptModels === 0 ? problem : `${problem}; its models that keep serving: ${keptModels}`,
            where,
            fix: command(`millrace check ${quoteShell(path)}`),
          },
        ],
  );
