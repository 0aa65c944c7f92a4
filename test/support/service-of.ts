import { MillraceError } from '../../src/core/index.js';
import type { Service } from '../../src/service/index.js';

/** Groups of use cases that are replaced as wholes. */
const WHOLE = ['jobs', 'files', 'batches'] as const;

/** Every use case of a service, by its name. */
export type UseCases = Service['inference'] &
  Service['models'] &
  Service['traffic'] &
  Service['account'] &
  Pick<Service, (typeof WHOLE)[number]> &
  Service['server'];

const MEMBERS: { readonly [Name in Exclude<keyof Service, (typeof WHOLE)[number]>]: readonly (keyof Service[Name])[] } =
  {
    inference: [
      'resolve',
      'checkTarget',
      'infer',
      'mayInfer',
      'systemSharedMemoryStatus',
      'registerSystemSharedMemory',
      'unregisterSystemSharedMemory',
    ],
    models: [
      'checkModel',
      'modelReady',
      'modelInfo',
      'modelConfig',
      'tritonConfig',
      'modelStatuses',
      'modelVersions',
      'modelReports',
      'modelReport',
      'modelStatistics',
      'modelGauges',
      'readyModels',
      'repositoryIndex',
      'loadModel',
      'reloadModels',
      'unloadModel',
    ],
    traffic: ['labels', 'routes', 'shadows', 'outcomes', 'rollouts', 'slos'],
    account: ['keys', 'access', 'quotas', 'usage'],
    server: [
      'audit',
      'payloads',
      'doctor',
      'events',
      'reload',
      'upgrade',
      'info',
      'metrics',
      'live',
      'ready',
      'logSettings',
      'changeLogSettings',
      'checkTracing',
      'changeTracing',
    ],
  };

/** A service with these use cases in place of its own. */
export function withCases<Some extends Service>(service: Some, cases: Partial<UseCases>): Some {
  const replaced = Object.entries(MEMBERS).map(([name, members]) => {
    const given = members.filter((member) => Object.hasOwn(cases, member));
    const own = service[name as keyof typeof MEMBERS];
    return [name, { ...own, ...Object.fromEntries(given.map((member) => [member, cases[member as keyof UseCases]])) }];
  });
  const whole = WHOLE.filter((name) => cases[name] !== undefined).map((name) => [name, cases[name]]);
  return { ...service, ...Object.fromEntries([...replaced, ...whole]) };
}

/** A service that has these use cases only: all others throw. */
export function serviceOf(cases: Partial<UseCases>): Service {
  // A fake: the members that are missing are seen to be missing when they are used.
  return withCases(
    { inference: {}, models: {}, traffic: {}, account: {}, jobs: {}, files: {}, batches: {}, server: {} } as Service,
    cases,
  );
}

/** Use cases of which a fake service has none. */
export function nothingOf<Cases extends object>(what: string): Cases {
  return new Proxy({} as Cases, {
    get: () => () => {
      throw new MillraceError('unimplemented', `a fake service has no ${what}`);
    },
  });
}
