// Which way things depend on each other. `test/project/dependencies.test.ts` proves that each rule catches what it forbids.

/** The core is one corridor: a room knows those before it, and none after it. */
const CORRIDOR = ['contract', 'values', 'keeping', 'core', 'lease', 'contending', 'locks'].map((room) => `src/${room}`);
/** What everything may know: what is promised, and the small tools. */
const SMALL = CORRIDOR.slice(0, 2);
/** The one thing behind the core's doors that drop-ins and the testing kit need: how a `Locks` is made. */
const CREATE_LOCKS = 'src/locks/create-locks.ts';

/**
 * Each room, and the rooms that it may know beside itself: folders, files (`*` is one name), and in `compat`, `<own>` for the service
 * that this folder is named after. Whatever is not allowed here is forbidden, types included.
 */
const ROOMS = {
  ...Object.fromEntries(CORRIDOR.map((room, index) => [room, CORRIDOR.slice(0, index)])),
  operators: SMALL,
  'src/table': SMALL,
  // The messages of the WebSocket protocol: what its front and its backend both speak of.
  'src/native': SMALL,
  'src/server/*.ts': [...SMALL, 'src/table', 'src/server/records'],
  'src/server/records': [...SMALL, 'src/table', 'src/server/*.ts'],
  'src/server/store': [...SMALL, 'src/server/*.ts', 'src/server/records'],
  'src/server/net': [...SMALL, 'src/server/*.ts'],
  'src/server/native': [...SMALL, 'src/native', 'src/table', 'src/server/*.ts', 'src/server/net'],
  'src/server/daemon': [...SMALL, 'src/table', 'src/server'],
  'src/server/<own>': [...SMALL, 'src/table', 'src/server/*.ts', 'src/server/net'],
  'src/backends/memory': [...SMALL, 'src/table'],
  'src/backends/socket': [...SMALL, 'src/native'],
  'src/backends/<own>': SMALL,
  'src/compat/*.ts': SMALL,
  'src/compat/<own>': [...SMALL, 'src/keeping', CREATE_LOCKS, 'src/compat/*.ts', 'src/backends/<own>'],
  // Its document is that of a client of Redis, not of a service of this name.
  'src/compat/redlock': [...SMALL, 'src/keeping', 'src/compat/*.ts', 'src/backends/redis'],
  'src/otel': ['src/contract'],
  'src/node-cron': SMALL,
  'src/nestjs': [...SMALL, CREATE_LOCKS, 'operators'],
  // Its commands load what they need by its public name.
  'src/cli': [...SMALL, 'src/server/daemon/index.ts'],
  'src/threaded': [...SMALL, 'src/keeping'],
  'src/testing': [...SMALL, CREATE_LOCKS],
  // Where the core and the backends meet.
  'src/*.ts': [...CORRIDOR, 'operators', 'src/backends'],
};

/** The rooms of one backend, from the bottom up; others of its rooms stand on these. */
const WIRE = '^src/backends/[^/]+/wire/';
/** Where a front of the server sees a library of its protocol, and the daemon that of its metrics. */
const SERVER_WIRE = '^src/server/[^/]+/wire/';
const CLIENT = '^src/backends/[^/]+/client/';
/** The rooms of one front of the server, from the bottom up: what it reads and writes, who has what, who is talked to. */
const FRONT = ['wire', 'desk', 'dialogue'].map((room) => `^src/server/[^/]+/${room}/`);

/** What re-exports, and is imported from outside only. */
const ENTRIES = [
  '^src/(index|auto|(otel|nestjs|node-cron|testing|threaded)/index)[.]ts$',
  '^src/server/daemon/index([.]browser)?[.]ts$',
  '^src/(backends|compat)/[^/]+/index([.]browser)?[.]ts$',
  '^operators/index[.]ts$',
];

/** A room as a pattern: `own` is what stands for `<own>`. */
const pattern = (room, own) =>
  `^${room.replaceAll('.', '[.]').replaceAll('*', '[^/]+').replace('<own>', own)}${room.endsWith('.ts') ? '$' : '/'}`;

/** The rule of one room. What has a rule of its own is no room of `<own>`. */
const ruleOf = ([room, known]) => ({
  name: `${room.replace('src/', '')} knows its rooms`,
  comment: `${room} may know: ${known.length === 0 ? 'nothing but rxjs' : known.join(', ')}.`,
  severity: 'error',
  from: {
    path: pattern(room, '([^/]+)'),
    pathNot: Object.keys(ROOMS)
      .filter((other) => room.endsWith('<own>') && other.startsWith(room.replace('<own>', '')) && other !== room)
      .map((other) => pattern(other, '')),
  },
  to: {
    path: '^(src|operators)/',
    pathNot: [pattern(room, '$1'), ...known.map((other) => pattern(other, '$1'))],
  },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(ROOMS).map(ruleOf),
    {
      name: 'every file has a room',
      severity: 'error',
      from: { path: '^(src|operators)/', pathNot: Object.keys(ROOMS).map((room) => pattern(room, '[^/]+')) },
      to: {},
    },
    {
      name: 'no circles',
      comment: 'Nothing goes round in a circle, types included: the one that is used does not know who uses it.',
      severity: 'error',
      from: { path: '^(src|operators)/' },
      to: { circular: true },
    },
    {
      name: 'a backend stands on its wire',
      comment: 'The wire of a backend knows no other of its rooms.',
      severity: 'error',
      from: { path: WIRE },
      to: { path: '^src/backends/', pathNot: WIRE },
    },
    {
      name: 'a client stands on the wire',
      comment: "Who is asked, and how long the client lives: nothing of locks is in it, but the wire's words.",
      severity: 'error',
      from: { path: CLIENT },
      to: { path: '^src/backends/', pathNot: [WIRE, CLIENT] },
    },
    ...FRONT.slice(0, -1).map((room, index) => ({
      name: `a front's ${room.split('/').at(-2)} knows those below it`,
      severity: 'error',
      from: { path: room },
      to: { path: '^src/server/[^/]+/', pathNot: [...FRONT.slice(0, index + 1), '^src/server/net/'] },
    })),
    {
      name: 'the root knows only memory',
      comment: 'Whoever imports `rxlock` loads no backend that is not used.',
      severity: 'error',
      from: { path: ['^src/(index|default-locks)[.]ts$', '^operators/'] },
      to: { path: '^src/(backends/(?!memory/)|cli/|otel/|nestjs/|node-cron/|testing/|server/|compat/)', reachable: true },
    },
    {
      name: 'the root imports only rxjs',
      comment: 'The root and the operators run wherever RxJS does.',
      severity: 'error',
      from: { path: ['^src/index[.]ts$', '^operators/index[.]ts$'] },
      to: { path: '.', pathNot: ['^(src|operators)/', 'node_modules/rxjs/', 'node_modules/tslib/'], reachable: true },
    },
    {
      name: 'only rxjs by its name',
      comment: "Everything comes from 'rxjs', but for the testing kit, which needs 'rxjs/testing'.",
      severity: 'error',
      from: { path: '^(src|operators)/', pathNot: '^src/testing/' },
      to: { path: 'node_modules/rxjs/.*(internal|operators|ajax|fetch|webSocket|testing)' },
    },
    {
      name: 'client libraries only in the wire',
      comment: 'The wire is the only room of a backend that sees the library of its service.',
      severity: 'error',
      from: { path: '^(src|operators)/', pathNot: [WIRE, SERVER_WIRE, '^src/(otel|nestjs|cli|server/store)/'] },
      to: { path: 'node_modules/(?!(rxjs|tslib)/)' },
    },
    {
      name: 'sockets only in the wire',
      comment: 'The document of the drop-in dflockd client names sockets as well; `isIP` is no socket.',
      severity: 'error',
      from: {
        path: '^(src|operators)/',
        pathNot: [
          WIRE,
          SERVER_WIRE,
          '^src/compat/dflockd/',
          '^src/server/net/',
          '^src/backends/dflockd/client/settings[.]ts$',
        ],
      },
      to: { path: '^(node:)?(net|tls|http|https|dgram)$' },
    },
    {
      name: 'a browser needs no node',
      comment: 'What a browser loads has neither undici nor ws nor anything of Node.',
      severity: 'error',
      from: { path: '^src/((backends|compat)/octostore|backends/socket)/index[.]browser[.]ts$' },
      to: {
        path: ['node_modules/(undici|ws)/', '^(node:)?(fs|os|net|tls|http|https|path|util|stream|buffer|crypto)$'],
        reachable: true,
      },
    },
    {
      name: 'nothing imports an index',
      comment: 'An index is for users, of whom the command is one. Only an index re-exports another.',
      severity: 'error',
      from: { path: '^(src|operators)/', pathNot: [...ENTRIES, '^src/cli/'] },
      to: { path: '/index([.]browser)?[.]ts$', pathNot: 'node_modules/' },
    },
    {
      name: 'nothing imports tests',
      severity: 'error',
      from: { path: '^(src|operators)/' },
      to: { path: '^(test|demo|examples|bench|scripts|docs)/' },
    },
    {
      name: 'only declared packages',
      comment: 'What the library imports is a dependency or a peer.',
      severity: 'error',
      from: { path: '^(src|operators)/' },
      // A peer is a development dependency too, so that it is there for the tests.
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'only what exists',
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
