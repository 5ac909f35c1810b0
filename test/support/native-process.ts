/**
 * A server of the native protocol in a process of its own: `native-process.ts PORT SETTINGS`, the settings in JSON. Says `ready`, and ends
 * when its parent does.
 */
import { argv, exit } from 'node:process';
import { openStore } from '../../src/server/store/open-store.js';
import { listenNative } from '../server/native/support/listen.js';
import type { NativeSettings } from './native-server.js';

const [port = '0', text = '{}'] = argv.slice(2);
const { data, opensAfter, origins } = JSON.parse(text) as NativeSettings;
const ledger = data === undefined ? undefined : await openStore(data);
const isForgetful = opensAfter !== undefined;
await listenNative({
  port: Number(port),
  ...(origins === undefined ? {} : { origins }),
  fencing: !isForgetful,
  keeping: { ledger, ...(isForgetful ? { opensAfter, fencing: false } : {}) },
});
process.on('disconnect', () => {
  exit();
});
console.log('ready');
