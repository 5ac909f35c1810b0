// What each page runs: locks of its own on the server that its URL names, and all that they tell.
import { createLocks } from 'rxlock';
import { socket } from 'rxlock/socket';

const url = new URLSearchParams(location.search).get('server');
const locks = createLocks(socket({ url, reconnect: { initial: 20, max: 200 } }), {
  holder: new URLSearchParams(location.search).get('as') ?? 'a page',
  retry: { initial: 20, max: 100 },
});
const events = [];
locks.events$.subscribe(({ type, reason, name, cause }) => {
  events.push({ type, reason, name, cause: cause?.message, at: Date.now() });
});
Object.assign(globalThis, { locks, events, leases: {} });
