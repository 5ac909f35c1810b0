// Which way things depend on each other. `test/project/dependencies.test.ts` proves that each rule catches what it forbids.

/**
 * The core, from the bottom up: a file knows its own layer and those below it. What is in no layer is a small value,
 * the lowest of all.
 */
const LAYERS = [
  { name: 'keeper', files: ['keeper', 'kept', 'renewal-batch', 'releases'] },
  {
    name: 'lock',
    files: ['core', 'lease', 'lease-view', 'request', 'attempt', 'refusal', 'contender', 'contend', 'until', 'lock'],
  },
  { name: 'locks', files: ['all', 'create-locks', 'default-locks', 'leader', 'locks', 'promises', 'statuses'] },
  { name: 'entries', files: ['auto', 'index'] },
];

/** What re-exports, and is imported from outside only. */
const ENTRIES = [
  '^src/(index|auto|testing/index)[.]ts$',
  '^src/(backends|compat)/[^/]+/index([.]browser)?[.]ts$',
  '^operators/index[.]ts$',
];
/** What each backend may share with the core. */
const VALUES = [
  'types',
  'errors',
  'duration',
  'name',
  'backoff',
  'retry-policy',
  'lock-status',
  'clock',
  'heap',
  'demanded',
  'abort-listeners',
  'holder',
  'refuse-unknown',
];

const inCore = (files) => `^src/(${files.join('|')})[.]ts$`;
const above = (index) => inCore(LAYERS.slice(index).flatMap((layer) => layer.files));
const ALL_LAYERS = LAYERS.flatMap((layer) => layer.files);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Types may know each other; code that runs may not go round in a circle.',
      severity: 'error',
      from: { path: '^(src|operators)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'types-know-only-rxjs',
      severity: 'error',
      from: { path: '^src/types[.]ts$' },
      to: { pathNot: ['^src/types[.]ts$', 'node_modules/rxjs/'] },
    },
    {
      name: 'values-know-values',
      comment: 'A small value knows nothing of the keeper, of locks, backends or operators.',
      severity: 'error',
      from: { path: '^src/[^/]+[.]ts$', pathNot: inCore(ALL_LAYERS) },
      to: { path: ['^src/[^/]+/', '^operators/', above(0)] },
    },
    ...LAYERS.slice(0, -1).map((layer, index) => ({
      name: `${layer.name}-knows-nothing-above`,
      severity: 'error',
      from: { path: inCore(layer.files) },
      to: { path: above(index + 1) },
    })),
    {
      name: 'core-knows-no-backend',
      comment: 'The core knows backends as the type `LockBackend`; only the entries bring the two together.',
      severity: 'error',
      from: { path: '^src/[^/]+[.]ts$', pathNot: '^src/(index|auto|default-locks)[.]ts$' },
      to: { path: '^src/(backends|testing)/' },
    },
    {
      name: 'root-knows-only-memory',
      comment: 'Whoever imports `rxlock` loads no backend that is not used.',
      severity: 'error',
      from: { path: ['^src/(index|default-locks)[.]ts$', '^operators/'] },
      to: { path: '^src/(backends/(?!memory/|memory[.]ts$)|testing/)', reachable: true },
    },
    {
      name: 'backends-know-types-and-values',
      severity: 'error',
      from: { path: '^src/backends/([^/]+)' },
      to: {
        path: '^(src|operators)/',
        pathNot: ['^src/backends/$1', inCore(VALUES), '^src/(backends/)?(table|lock-table)(/|[.]ts$)'],
      },
    },
    {
      name: 'operators-know-types-and-errors',
      comment: 'Never a backend, never the core. Of the values only those that check arguments.',
      severity: 'error',
      from: { path: '^operators/' },
      to: { path: '^src/', pathNot: inCore(['types', 'errors', 'lease-control', 'duration', 'refuse-unknown', 'report-errors']) },
    },
    {
      name: 'nothing-imports-a-drop-in',
      comment: 'A drop-in client is for users, and serves one document: nothing else is built on it, not even another.',
      severity: 'error',
      from: { path: '^(src|operators)/', pathNot: '^src/compat/' },
      to: { path: '^src/compat/' },
    },
    {
      name: 'drop-ins-know-their-backend',
      comment: 'The client of a service knows its backend, `createLocks` and the small values. It has no transport of its own.',
      severity: 'error',
      from: { path: '^src/compat/([^/]+)/' },
      to: {
        path: ['^(src|operators)/', 'node_modules/(?!rxjs/)'],
        pathNot: [
          '^src/(compat|backends)/$1/',
          '^src/compat/[^/]+[.]ts$',
          inCore([...VALUES, 'create-locks', 'locks', 'report-errors']),
        ],
      },
    },
    {
      name: 'drop-ins-share-values',
      comment: 'What the drop-in clients share is beside their folders, and knows none of them.',
      severity: 'error',
      from: { path: '^src/compat/[^/]+[.]ts$' },
      to: { path: '^(src|operators)/', pathNot: ['^src/compat/[^/]+[.]ts$', inCore(VALUES)] },
    },
    {
      name: 'the-server-knows-the-table-and-values',
      comment: 'A server is a front of the lock table: neither the core nor a backend is in it.',
      severity: 'error',
      from: { path: '^src/server/' },
      to: { path: '^(src|operators)/', pathNot: ['^src/(server|table)/', inCore(VALUES)] },
    },
    {
      name: 'protocols-know-the-server-not-each-other',
      comment: 'What the protocols of a server share is beside their folders, and knows none of them.',
      severity: 'error',
      from: { path: '^src/server/([^/]+)' },
      to: { path: '^src/server/[^/]+/', pathNot: '^src/server/$1/' },
    },
    {
      name: 'only-the-command-starts-a-server',
      comment: 'Whoever uses a lock service loads no server.',
      severity: 'error',
      from: { path: '^(src|operators)/', pathNot: '^src/(server|cli)/' },
      to: { path: '^src/server/' },
    },
    {
      name: 'nothing-imports-an-index',
      comment: 'An index is for users. Only an index re-exports another.',
      severity: 'error',
      from: { path: '^(src|operators)/', pathNot: ENTRIES },
      to: { path: '/index([.]browser)?[.]ts$', pathNot: 'node_modules/' },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { path: '^(src|operators)/' },
      to: { path: '^(test|demo|examples|bench|scripts|docs)/' },
    },
    {
      name: 'root-imports-only-rxjs',
      comment: 'The root and the operators run wherever RxJS does.',
      severity: 'error',
      from: { path: ['^src/index[.]ts$', '^operators/index[.]ts$'] },
      to: { path: '.', pathNot: ['^(src|operators)/', 'node_modules/rxjs/', 'node_modules/tslib/'], reachable: true },
    },
    {
      name: 'only-rxjs-by-its-name',
      comment: "Everything comes from 'rxjs', but for the testing kit, which needs 'rxjs/testing'.",
      severity: 'error',
      from: { path: '^(src|operators)/', pathNot: '^src/testing/' },
      to: { path: 'node_modules/rxjs/.*(internal|operators|ajax|fetch|webSocket|testing)' },
    },
    {
      name: 'http-only-in-octostore',
      severity: 'error',
      from: { path: '^(src|operators)/', pathNot: '^src/backends/octostore/' },
      to: { path: 'node_modules/(undici|eventsource-parser|lossless-json)/' },
    },
    {
      name: 'sockets-only-in-dflockd-and-the-server',
      severity: 'error',
      from: { path: '^(src|operators)/', pathNot: '^src/(backends/dflockd|compat/dflockd|server)/' },
      to: { path: '^(node:)?(net|tls)$' },
    },
    {
      name: 'browser-needs-no-node',
      comment: 'What a browser loads has neither undici nor anything of Node.',
      severity: 'error',
      from: { path: '^src/(backends|compat)/octostore/index[.]browser[.]ts$' },
      to: {
        path: ['node_modules/undici/', '^(node:)?(fs|os|net|tls|http|https|path|util|stream|buffer|crypto)$'],
        reachable: true,
      },
    },
    {
      name: 'only-declared-packages',
      comment: 'What the library imports is a dependency or a peer.',
      severity: 'error',
      from: { path: '^(src|operators)/' },
      // A peer is a development dependency too, so that it is there for the tests.
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'only-what-exists',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
