import { type Clock, MillraceError } from '../../core/index.js';
import { type AwsEnvironment, variable } from '../environment.js';
import type { HttpExchanges } from '../http/exchange.js';
import type { CredentialSource, Credentials } from './credentials.js';
import { fromContainer, fromInstance } from './metadata.js';
import type { AwsProfile } from './profile.js';
import { fromWebIdentity } from './web-identity.js';

export interface ChainParts {
  readonly environment: AwsEnvironment;
  readonly exchanges: HttpExchanges;
  readonly profile: AwsProfile;
  readonly region: string;
  /** Whether the metadata service of an instance is asked. */
  readonly instanceMetadata: boolean;
}

/** Where credentials are looked for, in order: environment, web identity, profile, container, instance. */
export function credentialChain(parts: ChainParts): readonly CredentialSource[] {
  const { environment, profile, instanceMetadata } = parts;
  return [
    async () => fromEnvironment(environment),
    () => fromWebIdentity(parts, undefined),
    async () => fromProfile(profile),
    () => fromWebIdentity(parts, profile),
    async () => refuseUnsupported(profile),
    () => fromContainer(parts),
    ...(instanceMetadata ? [() => fromInstance(parts)] : []),
  ];
}

function fromEnvironment(environment: AwsEnvironment): Credentials | undefined {
  const accessKeyId = variable(environment, 'AWS_ACCESS_KEY_ID');
  const secretAccessKey = variable(environment, 'AWS_SECRET_ACCESS_KEY');
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const sessionToken = variable(environment, 'AWS_SESSION_TOKEN');
  return { accessKeyId, secretAccessKey, sessionToken, expiresAtMs: undefined };
}

function fromProfile({ accessKeyId, secretAccessKey, sessionToken }: AwsProfile): Credentials | undefined {
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken, expiresAtMs: undefined };
}

function refuseUnsupported({ name, unsupported }: AwsProfile): undefined {
  const [key] = unsupported;
  if (key === undefined) return undefined;
  throw new MillraceError(
    'failed_precondition',
    `no credentials for the object store: '${key}' of the AWS profile '${name}' is not supported; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
  );
}

/** They are asked for again so long before they expire. */
const AHEAD_MS = 300_000;
/** Between two attempts to replace credentials that still hold. */
const RETRY_MS = 10_000;

/** Credentials of the first place that has some, kept until shortly before they expire. */
export class KeptCredentials {
  readonly #sources: () => Promise<readonly CredentialSource[]>;
  readonly #clock: Clock;
  #kept: Credentials | undefined;
  #asking: Promise<Credentials> | undefined;
  #notBeforeMs = 0;

  constructor(sources: () => Promise<readonly CredentialSource[]>, clock: Clock) {
    this.#sources = sources;
    this.#clock = clock;
  }

  /** Rejects with `failed_precondition` where no place has any, and with `unavailable` where the place that has them does not answer. */
  async get(): Promise<Credentials> {
    const nowMs = this.#clock.wallNow();
    const kept = this.#kept;
    if (kept === undefined || isOver(kept, nowMs)) return this.#ask();
    if (isOver(kept, nowMs + AHEAD_MS) && nowMs >= this.#notBeforeMs) {
      return this.#ask().catch(() => {
        this.#notBeforeMs = nowMs + RETRY_MS;
        return kept;
      });
    }
    return kept;
  }

  /** The store does not take these any more. */
  drop(credentials: Credentials): void {
    if (this.#kept === credentials) this.#kept = undefined;
  }

  #ask(): Promise<Credentials> {
    this.#asking ??= this.#find().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #find(): Promise<Credentials> {
    for (const source of await this.#sources()) {
      const found = await source();
      if (found === undefined) continue;
      this.#kept = found;
      return found;
    }
    throw new MillraceError(
      'failed_precondition',
      'no credentials for the object store: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a web identity (docs/object-stores.md)',
    );
  }
}

function isOver({ expiresAtMs }: Credentials, nowMs: number): boolean {
  return expiresAtMs !== undefined && expiresAtMs <= nowMs;
}
