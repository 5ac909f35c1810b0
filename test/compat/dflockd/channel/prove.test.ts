import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { acquire, enqueue, renew, semEnqueue, waitForLock } from '../../../../src/compat/dflockd/index.js';
import { ScriptedServer, type Answer, type Frame } from '../support/scripted-server.js';
import { closing, errorOf, socketTo } from '../support/support.js';

/** Grants for one second what is asked by a command, after so many milliseconds; what it answers else a test says. */
async function start(
  command: string,
  delay: number,
  answer: (frame: Frame, say: (line: string) => void) => Answer,
): Promise<ScriptedServer> {
  return closing(
    await ScriptedServer.start((frame, socket) => {
      if (frame[0] !== command) return answer(frame, (line) => socket.write(`${line}\n`));
      setTimeout(() => socket.write(command.endsWith('e') ? 'acquired tok 1\n' : 'ok tok 1\n'), delay);
      return undefined;
    }),
  );
}

it('a renewal that was not answered proves nothing to a process that stood still meanwhile', async () => {
  const server = await start('w', 0, ([command], say) => {
    if (command === 'e') return 'queued\n';
    if (command !== 'n') return undefined;
    setTimeout(() => {
      execFileSync('sleep', ['1.2']);
      setTimeout(say, 100, 'error');
    }, 20);
    return undefined;
  });
  const sock = await socketTo(server.port);
  await enqueue(sock, 'k', 1);
  expect(await errorOf(waitForLock(sock, 'k', 5))).toMatchObject({ name: 'LockError', code: 'ERR_LOCK_LOST' });
});

it('a renewal whose answer comes when the lease is over proves nothing', async () => {
  const server = await start('l', 500, ([command], say) => {
    if (command === 'n') setTimeout(say, 1100, 'ok 1');
    return undefined;
  });
  const sock = await socketTo(server.port);
  expect(await errorOf(acquire(sock, 'k', 5, 1))).toMatchObject({ name: 'LockError', code: 'ERR_LOCK_LOST' });
  await errorOf(acquire(sock, 'k', 0).finally(() => sock.destroy()));
  // It may be there all the same.
  expect(server.asked.slice(0, 3)).toEqual(['l 5 1', 'n tok 1', 'r tok']);
});

it('a lock is not renewed by an answer that comes when that is over', async () => {
  const server = await start('l', 0, (_frame, say) => {
    setTimeout(say, 1100, 'ok 1');
    return undefined;
  });
  const sock = await socketTo(server.port);
  const { token } = await acquire(sock, 'k', 5, 1);
  expect(await errorOf(renew(sock, 'k', token))).toMatchObject({ name: 'LockError', code: 'ERR_LOCK_LOST' });
});

it.each([
  ['e', (sock) => enqueue(sock, 'k', 1)],
  ['se', (sock) => semEnqueue(sock, 'k', 2, 1)],
] as const satisfies readonly (readonly [string, (sock: Parameters<typeof enqueue>[0]) => Promise<unknown>])[])(
  'a grant of %s whose answer was long in coming is none if its renewal is refused',
  async (command, call) => {
    const server = await start(command, 1100, () => 'error\n');
    const sock = await socketTo(server.port);
    expect(await errorOf(call(sock))).toMatchObject({ name: 'LockError', code: 'ERR_LOCK_LOST' });
  },
);
