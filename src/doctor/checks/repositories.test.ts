import { expect, it } from 'vitest';
import { found } from '../../../test/support/doctor-facts.js';
import { checkRepositories } from './repositories.js';

it('finds repositories that cannot be read, and what they keep serving', () => {
  const one = { setting: ['repository', 'paths', '0'], path: '/my models', problem: '', keptModels: 0 };
  const problem = 'model repository /my models does not exist';
  expect(
    found(checkRepositories, { repositories: [one, { ...one, problem }, { ...one, problem, keptModels: 3 }] }),
  ).toEqual([
    `error repository-unreadable repository.paths[0]: ${problem} → millrace check '/my models'`,
    `error repository-unreadable repository.paths[0]: ${problem}; its models that keep serving: 3 → millrace check '/my models'`,
  ]);
});
