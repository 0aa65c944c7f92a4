import type { Settings } from './config/index.js';
import { createWeights, type StoredIdentity } from './governance/index.js';
import type { Identities } from './identities.js';
import { ranRequest, type Server, type StoredCaller, type StoredRequest } from './server/index.js';
import type { CreateServiceOptions } from './service/index.js';

/** Who has stored a request, and how it is scheduled. */
export interface StoredCall extends Omit<StoredCaller, 'principal'> {
  readonly identity: StoredIdentity;
}

type StoredAnswers = (request: StoredRequest, call: StoredCall) => ReturnType<Server['answerStored']>;

/** Answers stored requests on the account of their callers. Rejects where a caller has no access any more. */
export function storedAnswers({ recall }: Identities, server: () => Server): StoredAnswers {
  return (request, { identity, ...how }) =>
    recall(identity).then((principal) => server().answerStored(request, { principal, ...how }));
}

/** How stored work is done, and what callers may store. */
export function storedWorkSetup(
  settings: Settings,
  answerStored: StoredAnswers,
  server: () => Server,
): Pick<CreateServiceOptions, 'jobs' | 'files' | 'batches'> {
  return {
    jobs: {
      options: settings.jobs,
      weightOf: createWeights(settings.quotas),
      answer: async (request, how) => ranRequest(await answerStored(request, how)),
    },
    files: settings.files,
    batches: { options: settings.batches, isInference: (path) => server().isInference('POST', path) },
  };
}
