import type { PageQuery, Timestamp } from './endpoint.js';

/** A version that answers for a route, and its part of the requests. */
export interface RouteArm {
  /** Missing: the label, else the version. */
  readonly name?: string;
  readonly model: string;
  /** The version with this label. */
  readonly label?: string;
  /** This version, in place of a label. */
  readonly version?: number;
  /** Its share is this, divided by the sum of the route's weights. */
  readonly weight: number;
}

/** What makes the same callers get the same version. */
export interface Sticky {
  /** Name of a header, or of metadata of a gRPC call. */
  readonly header?: string;
  readonly cookie?: string;
  /** Name of a parameter of the request. */
  readonly parameter?: string;
  /** Who calls. */
  readonly principal?: true;
  /** The trace id. */
  readonly trace?: true;
}

/** Requests that go to one arm, whatever the weights. */
export interface RouteRule {
  /** A condition in CEL over `headers`, `principal`, `parameters` and `inputs`. */
  readonly when: string;
  readonly arm: string;
}

/** When an arm that fails is left out, and for how long. */
export interface OutlierDetection {
  readonly consecutiveErrors: number;
  /** Milliseconds; then one request tries it. Twice as long each time that this fails. */
  readonly ejectionMs: number;
  readonly maxEjectionMs: number;
}

/** How the numbers of an output are compared. */
export interface ShadowOutputRules {
  /** Each number for itself, or by their highest class (`scores` become probabilities by softmax). Missing: by class where all rows are probabilities. */
  readonly as?: 'values' | 'scores' | 'probabilities' | 'ignored';
  readonly absoluteTolerance?: number;
  readonly relativeTolerance?: number;
}

/** The version that gets a copy of a route's requests, and how the answers are compared. */
export interface ShadowConfig {
  readonly model: string;
  readonly label?: string;
  readonly version?: number;
  /** Share of the requests to copy: more than 0, at most 1. */
  readonly share: number;
  readonly timeoutMs: number;
  readonly maxPending: number;
  readonly allowSideEffects: boolean;
  readonly keepSamples: number;
  readonly compare: {
    readonly absoluteTolerance: number;
    readonly relativeTolerance: number;
    /** By name, what is different for an output. */
    readonly outputs: Readonly<Record<string, ShadowOutputRules>>;
  };
}

/** What the outcome of an answer is. */
export interface OutcomeTerms {
  readonly kind: 'binary' | 'label' | 'number';
  /** Of numbers: the least and the largest. */
  readonly range?: readonly number[];
  readonly better: 'higher' | 'lower';
  /** How long after an answer its outcome is taken, in milliseconds. */
  readonly windowMs: number;
  /** What counts where none has come within that time. Missing: such answers do not count. */
  readonly missing?: number;
}

/** A route as the settings have it, completed with their defaults; its members are named as there. */
export interface RouteConfig {
  readonly arms: readonly RouteArm[];
  readonly sticky?: Sticky;
  /** Arms to try, in this order, where the chosen one is unavailable or its queue is full. */
  readonly fallback: readonly string[];
  readonly outlierDetection?: OutlierDetection;
  readonly rules: readonly RouteRule[];
  readonly shadow?: ShadowConfig;
  readonly outcomes?: OutcomeTerms;
}

/** A route as a caller declares it: checked and completed as those of the settings are. */
export type RouteDeclaration = Readonly<Record<string, unknown>>;

/** A route, and how it stands. */
export interface DeclaredRoute {
  readonly name: string;
  readonly owner: 'file' | 'api' | 'rollout';
  /** Where the settings declare it: `millrace.yaml:4:3`. */
  readonly place?: string;
  /** False where a route of the same name comes first. */
  readonly in_force: boolean;
  /** Whether any of its arms answers requests. */
  readonly ready: boolean;
  /** Of what was declared through the API; 0 = nothing was. */
  readonly revision: number;
  readonly changed_at?: Timestamp;
  readonly changed_by?: string;
  readonly route: RouteConfig;
}

export interface RouteList {
  readonly routes: readonly DeclaredRoute[];
  /** Why what was declared is not in force, and what to do. */
  readonly problem?: string;
}

/** What a change does to a route. */
export interface RouteChange {
  readonly name: string;
  readonly change: 'created' | 'changed' | 'removed' | 'unchanged';
  /** The one that it has now, and in a dry run the one before. */
  readonly revision: number;
  readonly before?: RouteConfig;
  readonly after?: RouteConfig;
}

export interface ApplyRoutes {
  /** By name; null removes one. Others stay as they are. */
  readonly routes: Readonly<Record<string, unknown>>;
}

export interface ApplyRoutesQuery {
  /** Checks and says what would change; default false. */
  readonly dry_run?: boolean;
}

export interface AppliedRoutes {
  readonly dry_run: boolean;
  readonly changes: readonly RouteChange[];
}

/** What a route was once. */
export interface RouteRevision {
  readonly revision: number;
  /** Missing: it was removed. */
  readonly route?: RouteConfig;
  readonly changed_at: Timestamp;
  readonly changed_by: string;
}

export interface RouteHistory {
  readonly name: string;
  /** Newest first. */
  readonly history: readonly RouteRevision[];
}

export interface RouteEndpoints {
  'GET /routes': { readonly answer: RouteList };
  'PUT /routes': { readonly query: ApplyRoutesQuery; readonly body: ApplyRoutes; readonly answer: AppliedRoutes };
  'GET /routes/{route}': { readonly answer: DeclaredRoute };
  'PUT /routes/{route}': { readonly body: RouteDeclaration; readonly answer: RouteChange };
  'DELETE /routes/{route}': { readonly answer: RouteChange };
  'GET /routes/{route}/history': { readonly query: Pick<PageQuery, 'limit'>; readonly answer: RouteHistory };
  'POST /routes/{route}/undo': { readonly answer: RouteChange };
}
