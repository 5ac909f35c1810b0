import { setTimeout as pause } from 'node:timers/promises';

/**
 * What befalls a program that holds a lock with a time to live of `ttl` milliseconds. `strike` begins it, and ends by itself
 * or with the scene.
 */
export const FAULTS = [
  { name: 'blackhole', title: 'the network swallows everything', strike: ({ proxy }) => proxy.blackhole() },
  {
    name: 'reset',
    title: 'the connection is reset, and none is let in any more',
    strike: ({ proxy }) => proxy.refuse(),
  },
  { name: 'killed', title: 'the server is killed (`kill -9`) and stays away', strike: ({ server }) => server.kill() },
  {
    name: 'restarted',
    title: 'the server is killed, and is back without data after half a second',
    async strike({ server }) {
      await server.kill();
      await pause(500);
      await server.start();
    },
  },
  {
    name: 'blocked',
    title: 'the program computes for three ttls without a pause',
    strike: ({ program, ttl }) => program.order('block', 3 * ttl),
  },
];
