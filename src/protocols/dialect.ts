import type { Clock, ErrorCode, MillraceError, QuotaStanding } from '../core/index.js';
import type { ServedModel, Service } from '../service/index.js';
import type { RequestMemo } from './request-memo.js';
import type { Route } from './route.js';
import type { Decoder } from './shared/decoding/decoder.js';
import type { GrpcMethod } from './shared/grpc/method.js';
import type { BodyHandlers } from './shared/invocations/body-handlers.js';
import type { PrincipalStore, PrincipalStoreLimits } from './shared/principal-store.js';
import type { SharedMembers } from './shared-members.js';
import type { WireHeaders, WireRequest, WireResponse } from './wire.js';

/**
 * One wire protocol as one value: what it serves over HTTP and gRPC, how it carries credentials, how it writes errors. The assembly
 * makes a list of them; nothing else knows which there are.
 */
export interface Dialect {
  /** `oip`; in messages and in the settings. */
  readonly name: string;
  /** What it is, for the OpenAPI document. */
  readonly description: string;
  readonly routes: readonly Route[];
  /** What it also serves on its own HTTP port, where it has one. Default: nothing. */
  readonly ownPortRoutes?: readonly Route[];
  /** What it adds to the answers of routes that several dialects share. Default: nothing. */
  readonly shares?: readonly SharedMembers[];
  /** What it serves over gRPC. Asked for once, by a server that has such a port. Default: nothing. */
  readonly loadGrpc?: () => Promise<GrpcPart>;
  /** Headers, or gRPC metadata, by lower-case name, in which its clients send a key by itself, besides `Authorization`. Default: none. */
  readonly credentialHeaders?: readonly string[];
  /** For clients that sign their inference requests instead of sending a credential. Default: nobody does. */
  readonly signatures?: RequestSignatures;
  /** HTTP status of each error. */
  readonly status: Readonly<Record<ErrorCode, number>>;
  /** An error as this protocol's clients read it. The server adds headers that are the same for all, such as Retry-After. */
  readonly encodeError: (error: MillraceError, status: number) => WireResponse;
  /** Headers by which its clients know what is left of quotas, besides those that are the same for all. Default: none. */
  readonly quotaHeaders?: (standings: readonly QuotaStanding[]) => Readonly<Record<string, string>>;
  /** A header, in lower case, in which its clients look for the id of a request, besides `x-request-id`. Default: none. */
  readonly requestIdHeader?: string;
  /** Adds to the OpenAPI document what can be said of the models that are loaded now, such as requests to copy. */
  readonly describeModels?: (document: object, description: ModelsDescription) => Promise<object>;
  /** Ports of its own, on which nothing else is served, besides those that dialects share; 0 = any free one. */
  readonly ports?: { readonly http?: number; readonly grpc?: number };
  /** It is served on its own ports only. Default: false. */
  readonly apart?: boolean;
}

/** Where many clients and gateways send a key, whatever protocol they speak. */
export const KEY_HEADERS: readonly string[] = ['x-api-key'];

/** How clients sign whole requests, so that it takes the body to know whose one is. */
export interface RequestSignatures {
  /** Whether a request is signed. Its body is read before it is known whose it is. */
  isSigned(headers: WireHeaders): boolean;
  /** Name of the key (`auth.keys`) in whose place it is signed. Throws or rejects with `unauthenticated` where the signature is not right. */
  signerOf(request: WireRequest): Promise<string>;
}

/** What a dialect serves over gRPC. */
export interface GrpcPart {
  readonly methods: readonly GrpcMethod[];
  /** Serialised `FileDescriptorProto`s behind them, dependencies first: what reflection tells of. */
  readonly files: () => readonly Uint8Array[];
  /** gRPC status of each error. */
  readonly status: Readonly<Record<ErrorCode, number>>;
}

export interface ModelsDescription {
  /** Ready models; of several versions of one, the highest counts. */
  readonly models: readonly ServedModel[];
  /** How the client reached the server, e.g. `http://localhost:8000`. */
  readonly origin: string;
  /** Callers need a key. */
  readonly withKey: boolean;
}

/** The use cases that a dialect gets unless its manifest says otherwise. */
export const DIALECT_USES = ['inference', 'models', 'server'] as const;

/** What dialects are made with. They hold no state: whatever outlives a request comes from here. */
export interface DialectContext<Uses extends keyof Service = (typeof DIALECT_USES)[number]> {
  readonly service: Pick<Service, Uses>;
  readonly clock: Clock;
  /** For requests that would hold up the event loop. */
  readonly decoder: Decoder;
  /** Most inputs of a request, and most outputs that it may name. */
  readonly maxInputs: number;
  /** Headers that become parameters of inference requests; undefined = none. */
  readonly forwardHeaders: RegExp | undefined;
  /** The same of gRPC's metadata. */
  readonly forwardMetadata: RegExp | undefined;
  readonly createMemo: <Meaning>() => RequestMemo<Meaning>;
  /** Handlers of bodies that are of other dialects. */
  readonly loadBodyHandlers: () => Promise<BodyHandlers>;
  /** A place for what callers come back for. */
  readonly createStore: (limits: PrincipalStoreLimits) => PrincipalStore;
}

export type CreateDialect = (context: DialectContext) => Dialect;
