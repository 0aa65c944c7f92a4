import { processEnvironment, type Settings } from './config/index.js';
import type { Clock, EventBus } from './core/index.js';
import { createWeights, type StoredIdentity } from './governance/index.js';
import type { Identities } from './identities.js';
import { openObjectStore, systemAwsEnvironment } from './object-store/index.js';
import { ranRequest, type Server, type StoredCaller, type StoredRequest } from './server/index.js';
import { type CreateServiceOptions, ObjectBodies } from './service/index.js';

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

interface StoredWork {
  readonly answerStored: StoredAnswers;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly server: () => Server;
}

/** How stored work is done, what callers may store, and where objects are. */
export function storedWorkSetup(
  settings: Settings,
  { answerStored, clock, events, server }: StoredWork,
): Pick<CreateServiceOptions, 'jobs' | 'files' | 'batches'> {
  const environment = systemAwsEnvironment(processEnvironment());
  const store = openObjectStore({ options: settings.objectStore, environment, clock });
  return {
    jobs: {
      options: settings.jobs,
      weightOf: createWeights(settings.quotas),
      objects: new ObjectBodies({ store, options: settings.jobs, events }),
      answer: async (request, how) => ranRequest(await answerStored(request, how)),
    },
    files: settings.files,
    batches: {
      options: settings.batches,
      isInference: (path) => server().isInference('POST', path),
      objects: { store, rules: settings.jobs, https: settings.jobs.inputs },
    },
  };
}
