import { ACTIONS, type Action } from '../../core/index.js';

const VIEWER: readonly Action[] = [
  'server.read',
  'model.read',
  'model.observe',
  'route.read',
  'rollout.read',
  'shadow.read',
  'outcome.read',
  'setting.read',
  'memory.read',
  'metrics.read',
];

/** Roles that every server has. What each may do, it may do to the names of its grant. */
export const BUILT_IN_ROLES = {
  /** Sees what is served and how it fares. */
  viewer: VIEWER,
  /** Runs inferences. */
  caller: ['server.read', 'model.read', 'model.infer', 'memory.read', 'memory.use', 'feedback.give'],
  /** Keeps the server running: loads and unloads what is there. */
  operator: [
    ...VIEWER,
    'model.load',
    'model.unload',
    'setting.change',
    'server.manage',
    'shadow.reset',
    'rollout.change',
    'feedback.relay',
    'quota.read',
    'usage.read',
    'job.read',
    'job.change',
  ],
  /** Brings new versions to callers. */
  publisher: [...VIEWER, 'model.load', 'model.unload', 'label.change', 'route.change', 'rollout.change'],
  /** Lets a rollout go on that waits for somebody to agree. */
  approver: [...VIEWER, 'rollout.approve'],
  /** Sees who did what. */
  auditor: [...VIEWER, 'audit.read', 'usage.read', 'quota.read', 'access.read', 'key.read'],
  /** Everything. */
  admin: ACTIONS,
} as const satisfies Readonly<Record<string, readonly Action[]>>;

export type BuiltInRole = keyof typeof BUILT_IN_ROLES;

/** What static keys have in place of roles. */
export const SCOPES = ['infer', 'manage', 'observe'] as const;
export type Scope = (typeof SCOPES)[number];

/** The roles that a scope stands for, on everything. */
export const ROLES_OF_SCOPE: Readonly<Record<Scope, readonly BuiltInRole[]>> = {
  infer: ['caller'],
  manage: ['operator', 'publisher'],
  observe: ['viewer'],
};
