import { register } from 'tsx/esm/api';

/**
 * Starts the project's own server of the dflockd protocol where a program looks for one that says nothing else:
 * 127.0.0.1:6388. One that runs there already will do.
 *
 * @returns `stop()`.
 */
export async function startDflockd() {
  const unregister = register();
  try {
    const { dflockdServer } = await import('../../src/server/dflockd/dflockd-server.ts');
    const server = await dflockdServer();
    return { stop: () => server.close() };
  } catch (error) {
    if (error.code !== 'EADDRINUSE') throw error;
    console.log('something listens on port 6388: blocks that need dflockd use that');
    return { stop: async () => undefined };
  } finally {
    await unregister();
  }
}
