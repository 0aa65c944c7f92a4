import { existsSync, readdirSync } from 'node:fs';
import { VENDORS } from './scripts/vendors.mjs';

/**
 * Rooms and their ranks (docs/architecture.md). A file imports its own room freely, and rooms of lower rank through
 * their `index.ts` only; types count like values.
 */
export const RANKS = [
  ['core', 'statistics'],
  ['api', 'async', 'generation', 'memory', 'model', 'network', 'pooling', 'protobuf', 'systemd', 'text', 'yaml'],
  ['audit', 'object-store', 'runtimes', 'shared-memory', 'store', 'upgrade'],
  ['repository', 'webhooks'],
  ['engine', 'routing', 'rollouts', 'governance', 'sources', 'shadows', 'metering', 'payloads', 'slos'],
  ['models', 'planning', 'stored-requests'],
  ['files', 'inference'],
  ['account', 'batches', 'jobs', 'payload-log', 'traffic'],
  ['service'],
  ['protocols'],
  ['tracing'],
  ['management', 'server', 'telemetry', 'loadgen', 'client', 'batch-files'],
  // Puts the options of all rooms together; rooms never import it.
  ['config'],
  // Looks over all of them.
  ['doctor'],
];

/** The command line enters what it likes and nobody enters it. */
const UNRANKED = ['cli'];
const known = new Set([...RANKS.flat(), ...UNRANKED]);
for (const entry of readdirSync('src', { withFileTypes: true })) {
  if (entry.isDirectory() && !known.has(entry.name)) throw new Error(`src/${entry.name} has no rank`);
}

/** Parts of rooms with an index of their own: each loads a library that who imports the room does without. */
const SECOND_SEAMS = '^src/(api/schemas|protobuf/tables)/index\\.ts$';

/** Rooms behind the service: what is above it knows the use cases that it gives out, and not the rooms that have them. */
const BEHIND_THE_SERVICE = [
  'models',
  'inference',
  'account',
  'batches',
  'files',
  'jobs',
  'payload-log',
  'stored-requests',
  'traffic',
];

/** Folders of rooms in order: each imports those before it, and of the room's own files `types.ts` only. */
const SUB_ROOMS = {
  models: ['lookup', 'media', 'memory', 'loading', 'reports'],
  account: ['keys', 'access', 'quotas', 'usage'],
  traffic: ['declarations', 'routes', 'outcomes', 'shadows', 'rollouts', 'labels', 'slos'],
  service: ['doctor', 'events', 'reload'],
};
for (const [name, folders] of Object.entries(SUB_ROOMS)) {
  for (const entry of readdirSync(`src/${name}`, { withFileTypes: true })) {
    if (entry.isDirectory() && !folders.includes(entry.name)) throw new Error(`src/${name}/${entry.name} has no place`);
  }
}

const room = (names) => `^src/(${names.join('|')})/`;
const code = (path) => ({ path, pathNot: '\\.test\\.ts$' });

const ranks = RANKS.flatMap((names, rank) =>
  names.map((name) => ({
    name: `${name}-imports-lower-ranks-only`,
    severity: 'error',
    from: code(room([name])),
    to: {
      path: [
        room([
          ...RANKS.slice(rank)
            .flat()
            .filter((other) => other !== name),
          ...UNRANKED,
        ]),
        '^src/[^/]+\\.ts$',
      ],
    },
  })),
);

const subRooms = Object.entries(SUB_ROOMS).flatMap(([name, folders]) =>
  folders.map((folder, index) => ({
    name: `${name}/${folder}-imports-folders-before-it`,
    severity: 'error',
    from: code(`^src/${name}/${folder}/`),
    to: {
      path: [`^src/${name}/(${['', ...folders.slice(index + 1)].join('|')})/`, `^src/${name}/[^/]+\\.ts$`],
      pathNot: `^src/${name}/types\\.ts$`,
    },
  })),
);

const vendorOnlyIn = (packages, path) => ({
  name: `${packages[0]}-only-in-its-room`,
  severity: 'error',
  from: { path: '^src/', pathNot: [path, '\\.test\\.ts$'] },
  to: { path: `^node_modules/(${packages.join('|')})/` },
});

/** Folders that hold a dialect each. */
const DIALECTS = readdirSync('src/protocols').filter((name) => existsSync(`src/protocols/${name}/dialect.ts`));

export default {
  forbidden: [
    ...ranks,
    ...subRooms,
    {
      name: 'the-service-is-the-facade',
      severity: 'error',
      from: { path: '^src/', pathNot: [room([...BEHIND_THE_SERVICE, 'service']), '\\.test\\.ts$'] },
      to: { path: room(BEHIND_THE_SERVICE) },
    },
    {
      name: 'other-rooms-through-their-seam',
      severity: 'error',
      from: code('^src/([^/]+)/'),
      to: { path: '^src/[^/]+/', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$', SECOND_SEAMS] },
    },
    {
      name: 'assembly-enters-rooms-through-their-seam',
      severity: 'error',
      from: code('^src/[^/]+\\.ts$'),
      to: { path: '^src/[^/]+/', pathNot: '^src/[^/]+/index\\.ts$' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'everything-resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'core-has-no-io-and-no-vendor',
      severity: 'error',
      from: code('^src/core/'),
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional'] },
    },
    {
      name: 'client-runs-in-browsers',
      comment: 'It reaches core, the types and paths of api, and itself; none of these imports anything of Node.',
      severity: 'error',
      from: code('^src/client/'),
      to: { pathNot: '^src/((client|core)/|api/index\\.ts$)' },
    },
    {
      name: 'published-code-uses-published-dependencies',
      severity: 'error',
      from: code('^src/'),
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        pathNot: `^node_modules/(${Object.keys(VENDORS).join('|')})/`,
      },
    },
    {
      name: 'code-does-not-import-tests',
      severity: 'error',
      from: code('^src/'),
      to: { path: '(^test/|\\.test\\.ts$)' },
    },
    ...DIALECTS.map((dialect) => ({
      name: `nobody-knows-the-dialect-${dialect}`,
      comment: 'A dialect is a folder: the list of the built-in ones is the only place that names it.',
      severity: 'error',
      from: {
        path: '^src/protocols/',
        pathNot: [`^src/protocols/${dialect}/`, '^src/protocols/(index|built-in)\\.ts$', '\\.test\\.ts$'],
      },
      to: { path: `^src/protocols/${dialect}/` },
    })),
    {
      name: 'api-types-without-schemas',
      comment: 'Programs in browsers import the types and paths, and not the library of schemas.',
      severity: 'error',
      from: code('^src/api/[^/]+\\.ts$'),
      to: { path: ['^src/api/schemas/', '^node_modules/'] },
    },
    {
      name: 'api-schemas-where-they-are-served',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(api/schemas|management)/', '\\.test\\.ts$'] },
      to: { path: '^src/api/schemas/' },
    },
    vendorOnlyIn(['@fastify/busboy'], '^src/protocols/shared/multipart/'),
    vendorOnlyIn(['onnxruntime-node'], '^src/runtimes/(onnx|text)/'),
    vendorOnlyIn(['tokenizers'], '^src/runtimes/text/'),
    vendorOnlyIn(['koffi'], '^src/(runtimes/(host|llama)|systemd)/'),
    vendorOnlyIn(['@marcbachmann/cel-js'], '^src/routing/'),
    vendorOnlyIn(['jose'], '^src/governance/identity/jwt/'),
    vendorOnlyIn(['tar', 'yauzl', 'semver', '@renovatebot/pep440'], '^src/sources/'),
    vendorOnlyIn(['ini'], '^src/(object-store|sources)/'),
    vendorOnlyIn(['aws4fetch', '@rgrove/parse-xml'], '^src/object-store/'),
    vendorOnlyIn(['ipaddr.js'], '^src/network/'),
    vendorOnlyIn(['oxc-transform'], '^src/runtimes/script/'),
    vendorOnlyIn(['pino', 'pino-pretty', 'prom-client'], '^src/telemetry/'),
    vendorOnlyIn(['@opentelemetry'], '^src/tracing/'),
    vendorOnlyIn(['fastify'], '^src/server/'),
    vendorOnlyIn(['commander', 'picocolors', 'yocto-spinner'], '^src/cli/'),
    vendorOnlyIn(['libsql', 'kysely'], '^src/store/sqlite/'),
    vendorOnlyIn(['sharp', '@audio'], '^src/runtimes/media/'),
    vendorOnlyIn(['@duckdb'], '^src/batch-files/'),
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
