// For a page: `rxlock/auto` as a bundler takes it, though one of its services is not for browsers.
import { LockConfigError } from 'rxlock';
import { lock$, locksFromUrl } from 'rxlock/auto';

const EXPECTED = [/^dflockd .*browsers/, /^token is missing/, /^there is no WebSocket/, /^RXLOCK_URL is not set/];

async function main() {
  const errors = [];
  const note = (error) => errors.push(error instanceof LockConfigError ? error.message : String(error));
  const locks = await locksFromUrl('memory:');
  const name = await locks.using('smoke', '1s', async (lease) => lease.name);
  await locks.close();
  for (const url of ['dflockd://127.0.0.1:6388', 'octostore://127.0.0.1:3000', 'ws://127.0.0.1:7956']) await locksFromUrl(url).catch(note);
  await new Promise((resolve) => lock$('smoke', '1s').subscribe({ error: (error) => resolve(note(error)) }));
  const isRight = name === 'smoke' && EXPECTED.every((pattern, index) => pattern.test(errors[index]));
  console.log(isRight ? 'done' : JSON.stringify(errors));
}

main().catch((error) => console.log(String(error)));
