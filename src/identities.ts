import { accessOf, describeLocalControl, requiresCredential, type Settings } from './config/index.js';
import type { Clock, EventBus, Principal } from './core/index.js';
import {
  AccessPolicy,
  anonymousOf,
  createAuthenticator,
  createRecall,
  createVouching,
  KeyChanges,
  type OnEnded,
  openIssuers,
  StoredKeys,
  strangersOf,
} from './governance/index.js';
import type { KeyParts } from './service/index.js';
import type { KeyRecords } from './store/index.js';

interface IdentityParts {
  readonly records: KeyRecords;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** Who calls: by keys of the settings, which follow their files, by API keys of the store, tokens of issuers, and certificates. */
export async function openIdentities(settings: Settings, { records, clock, events }: IdentityParts) {
  const { auth, repository, server } = settings;
  const policy = new AccessPolicy(accessOf(auth));
  const isRequired = requiresCredential({ auth, server });
  let written = auth.keys;
  const isTaken = (name: string) => written.some((key) => key.name === name);
  const stored = new StoredKeys({ records, policy, clock, events, isTaken });
  const issuers = await openIssuers(auth.issuers, { policy, clock, events });
  const sources = [stored, ...(issuers === undefined ? [] : [issuers.source])];
  const { replaceKeys, ...authentication } = createAuthenticator(auth, {
    explicitControl: repository.controlMode === 'explicit',
    clock,
    policy,
    sources: isRequired ? sources : [],
    asksForCertificates: server.tls.clientCertificates !== 'none',
  });
  const listeners: OnEnded[] = [];
  const end = (principals: ReadonlySet<Principal>) => {
    for (const listener of listeners) listener(principals);
  };
  stored.onEnded(end);
  const keys: KeyParts = {
    records,
    stored,
    changes: new KeyChanges(stored, records),
    written: () => written,
    replaceWritten(next) {
      written = next;
      end(new Set(replaceKeys(next)));
      stored.takeHidden();
    },
    policy,
    areAsked: isRequired,
    strangers: strangersOf(auth.issuers, server.tls.clientCertificates !== 'none'),
  };
  return {
    ...authentication,
    vouchFor: createVouching(policy),
    /** Of work that was stored. */
    recall: createRecall({
      policy,
      stored,
      written: keys.written,
      strangers: keys.strangers,
      anonymous: isRequired ? undefined : anonymousOf(auth),
    }),
    isRequired,
    /** For the use cases about them. */
    keys,
    /** What runs for somebody whose credential has been taken away is to end. */
    onEnded: (listener: OnEnded) => void listeners.push(listener),
    /** Does not wait for the store: who comes before its keys are there, does. */
    start() {
      if (isRequired) {
        void stored.load();
        return;
      }
      warn(describeLocalControl(settings, process.getuid?.()), events);
      void warnOfUnused(records, events);
    },
    /** Takes what other processes have done to API keys. */
    async catchUp() {
      if (isRequired) await keys.changes.catchUp();
    },
    /** Does not wait for issuers: who comes before their keys are there, does. */
    readIssuers: () => issuers?.start(),
    async close() {
      issuers?.close();
      await stored.close();
    },
  };
}

/** Who callers are, and what they may do. */
export type Identities = Awaited<ReturnType<typeof openIdentities>>;

async function warnOfUnused(records: KeyRecords, events: EventBus): Promise<void> {
  // What cannot be read is said by what needs it.
  const [first] = await records.list('', 1).catch(() => []);
  if (first === undefined) return;
  warn("the store has API keys, but this server asks nobody for one: set 'auth.required'", events);
}

function warn(message: string | undefined, events: EventBus): void {
  if (message !== undefined) events.publish('diagnostic', { level: 'warn', room: 'app', message });
}
