/**
 * What is built into a file of its own, by the start of the sources' paths: rollup puts what the same entries use into one file, and some
 * would be too long.
 */
const PARTS = {
  values: ['src/contract/', 'src/values/'],
  core: ['src/core/', 'src/keeping/'],
  contending: ['src/contending/', 'src/lease/'],
  'redis-scripts': ['src/backends/redis/locks/scripts/'],
  'redis-locks': ['src/backends/redis/locks/'],
  'redis-wire': ['src/backends/redis/wire/'],
  'octostore-locks': ['src/backends/octostore/locks/', 'src/backends/octostore/sessions/'],
  'socket-locks': ['src/backends/socket/locks/', 'src/backends/socket/sessions/', 'src/backends/socket/telling/'],
  'server-dflockd': ['src/server/dflockd/'],
  'server-net': ['src/server/net/'],
  'server-records': ['src/server/records/'],
  'native-desk': ['src/server/native/desk/', 'src/server/native/wire/'],
  'octostore-desk': ['src/server/octostore/desk/', 'src/server/octostore/wire/'],
  'conformance-sharing': ['observing', 'permits', 'semaphores', 'sharing'].map((name) => `src/testing/conformance/cases/${name}`),
  conformance: ['src/testing/conformance/'],
};

/** @returns The name of the part that a source belongs to. */
export function partOf(path) {
  return Object.keys(PARTS).find((name) => PARTS[name].some((start) => path.startsWith(start)));
}
