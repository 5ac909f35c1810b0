import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createLocks } from 'rxlock';
import { socket } from 'rxlock/socket';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { DflockdClient } from '../support/dflockd-client.js';
import { describeWithProgram } from '../support/describe-with-program.js';
import { TEST_TLS } from '../support/dflockd-tls.js';
import { until } from '../support/poll.js';
import { mainProgram, RunningCommand } from './support/command.js';
import { quickFolder } from '../support/quick-folder.js';

const folder = quickFolder('serve');
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const commands: RunningCommand[] = [];
afterEach(async () => {
  for (const command of commands.splice(0)) {
    command.signal('SIGKILL');
    await command.ended();
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(args: readonly string[], env?: Readonly<Record<string, string>>): RunningCommand {
  const command = new RunningCommand(['serve', ...args], env);
  commands.push(command);
  return command;
}

async function serving(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<RunningCommand> {
  const command = run(args, env);
  await command.logs('ready');
  return command;
}

describe('rxlock serve', { timeout: 120_000 }, () => {
  it('says one line when it is ready, and ends when it is told to', async () => {
    const command = await serving(['--dflockd', '0', '--ephemeral', '--max-ttl', '1s']);
    const port = command.port('dflockd');
    const client = await DflockdClient.connect({ host: '127.0.0.1', port });
    expect(await client.ask('l', 'report', '5 1')).toMatch(/^ok /);
    command.signal('SIGTERM');
    await client.closed();
    expect(await command.ended()).toBe(0);
    expect(command.stdout).toBe(
      `rxlock is ready: dflockd://127.0.0.1:${String(port)} (it keeps nothing, so it grants nothing for the first 1s: see --max-ttl)\n`,
    );
    expect(command.log.map(({ event }) => event)).toEqual(['ready', 'stopping', 'stopped']);
  });

  it('keeps what is locked where users have such things, killed or not', async () => {
    const env = { HOME: folder, RXLOCK_DFLOCKD: '0' };
    const before = await serving([], env);
    const client = await DflockdClient.connect({ host: '127.0.0.1', port: before.port('dflockd') });
    await client.take('report', '0');
    before.signal('SIGKILL');
    await before.ended();
    const after = await serving(['--data', join(folder, '.local/state/rxlock')], env);
    const other = await DflockdClient.connect({ host: '127.0.0.1', port: after.port('dflockd') });
    expect(await other.ask('l', 'report', '0')).toBe('timeout');
    other.close();
    const second = run([], env);
    expect(await second.ended()).toBe(1);
    expect(second.stderr).toMatch(/^rxlock: [^\n]*rxlock[^\n]*\n$/);
  });

  it('ends at once though somebody waits for what another has for a long time', async () => {
    const command = await serving(['--ws', '0', '--data', join(folder, 'waiting'), '--metrics', '0']);
    const locks = createLocks(socket({ url: `ws://127.0.0.1:${String(command.port('ws'))}` }));
    const held = await locks.acquire('report', '1h');
    const waiting = locks.lock$('report', '1h').subscribe();
    const metrics = `http://127.0.0.1:${String(command.port('metrics'))}/metrics`;
    await until(async () => (await (await fetch(metrics)).text()).includes('\nrxlock_waiting 1\n'));
    command.signal('SIGTERM');
    await command.logs('stopped');
    expect(await command.ended()).toBe(0);
    waiting.unsubscribe();
    await locks.close();
    expect(held.isHeld).toBe(false);
  });

  it('drains at the first signal, and ends at once at the second', async () => {
    const args = ['--dflockd', '0', '--ephemeral', '--max-ttl', '1s', '--drain', '5m'];
    const command = await serving(args);
    const client = await DflockdClient.connect({ host: '127.0.0.1', port: command.port('dflockd') });
    expect(await client.ask('l', 'report', '5 1')).toMatch(/^ok /);
    const renewals = setInterval(() => {
      client.send('ping', '_');
    }, 100);
    command.signal('SIGINT');
    await command.logs('stopping');
    command.signal('SIGINT');
    expect(await command.ended()).toBe(130);
    clearInterval(renewals);
    client.close();
  });

  it('reads its tokens again at SIGHUP, and keeps the old ones if the new are bad', async () => {
    const tokens = file('tokens', 'alice:one\n');
    const command = await serving(['--dflockd', '0', '--ephemeral', '--token-file', tokens]);
    const knows = async (token: string): Promise<string> => {
      const client = await DflockdClient.connect({ host: '127.0.0.1', port: command.port('dflockd') });
      const answer = await client.ask('auth', '_', token);
      client.close();
      return answer;
    };
    expect(await knows('one')).toBe('ok');
    writeFileSync(tokens, 'nonsense-secret\n');
    command.signal('SIGHUP');
    await command.logs('tokens and certificate stay as they were');
    expect([await knows('one'), await knows('two')]).toEqual(['ok', 'error_auth']);
    writeFileSync(tokens, 'alice:two\n');
    command.signal('SIGHUP');
    await command.logs('tokens and certificate read again');
    expect([await knows('one'), await knows('two')]).toEqual(['error_auth', 'ok']);
    expect(command.stderr + command.stdout).not.toContain('secret');
  });

  it('goes on when nobody is there any more who reads what it says', async () => {
    const tokens = file('heard', 'alice:one\n');
    const command = await serving(['--dflockd', '0', '--ephemeral', '--token-file', tokens, '--log-level', 'debug']);
    command.child.stdout?.destroy();
    command.child.stderr?.destroy();
    const knows = async (token: string): Promise<boolean> => {
      const client = await DflockdClient.connect({ host: '127.0.0.1', port: command.port('dflockd') });
      const answer = await client.ask('auth', '_', token);
      client.close();
      return answer === 'ok';
    };
    writeFileSync(tokens, 'alice:two\n');
    command.signal('SIGHUP');
    await until(() => knows('two'));
    command.signal('SIGTERM');
    expect(await command.ended()).toBe(0);
  });

  it('warns of a variable of the environment that it does not know', async () => {
    const env = {
      RXLOCK_MAX_TLT: 'hidden',
      RXLOCK_SECRET_OF_ANOTHER: 'hidden',
      RXLOCK_TOKEN: 'hidden',
      RXLOCK_SERVICE_HOST: '10.0.0.1',
      RXLOCK_PORT_7956_TCP: 'tcp://10.0.0.1:7956',
      RXLOCK_EPHEMERAL: '1',
      RXLOCK_EMPTY: '',
    };
    const command = await serving(['--dflockd', '0'], env);
    const warnings = command.log.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ variable, didYouMean }) => [variable, didYouMean])).toEqual([
      ['RXLOCK_MAX_TLT', 'RXLOCK_MAX_TTL'],
      ['RXLOCK_SECRET_OF_ANOTHER', undefined],
    ]);
    expect(command.stderr + command.stdout).not.toContain('hidden');
  });

  it('speaks TLS with what is in the files', async () => {
    const [cert, key] = [file('cert.pem', TEST_TLS.cert), file('key.pem', TEST_TLS.key)];
    const args = ['--dflockd', '0.0.0.0:0', '--ephemeral', '--tls-cert', cert, '--tls-key', key, '--max-ttl', '1s'];
    const command = await serving(args, { RXLOCK_TOKENS: 'alice:one,bob:two' });
    const port = command.port('dflockd');
    const client = await DflockdClient.connect({ host: '127.0.0.1', port, ca: TEST_TLS.cert });
    expect(await client.ask('auth', '_', 'two')).toBe('ok');
    client.close();
    // Addresses that can be opened: `0.0.0.0` is none.
    expect(command.stdout).toContain(`dflockd://127.0.0.1:${String(port)} `);
    expect(command.stdout + command.stderr).not.toContain('0.0.0.0');
  });

  it.each<[args: string[], code: number, told: RegExp, env?: Record<string, string>]>([
    [['--dflockd', 'x', '--ephemeral'], 2, /'x' is invalid\. Write a port, or HOST:PORT/],
    [['--max-ttl', '60', '--ephemeral'], 2, /'60' is invalid\. Write a number with its unit/],
    [['--max-frame', 'big', '--ephemeral'], 2, /'big' is invalid\. Write a number of bytes/],
    [['--max-locks', '-1', '--ephemeral'], 2, /whole number|argument missing/],
    [['--max-lock', '1', '--ephemeral'], 2, /unknown option '--max-lock'.*--max-locks/],
    [['extra'], 2, /too many arguments/],
    [['--dflockd', '0.0.0.0:0', '--ephemeral'], 2, /needs tokens \(--token-file, or RXLOCK_TOKENS\)/],
    [
      ['--dflockd', '0.0.0.0:0', '--ephemeral'],
      2,
      /--tls-cert and --tls-key\), or --insecure/,
      { RXLOCK_TOKENS: 'a:b' },
    ],
    [['--ephemeral', '--tls-cert', 'x'], 2, /--tls-key is missing/],
    [['--ephemeral', '--tls-cert', '/none', '--tls-key', '/none'], 1, /--tls-cert and --tls-key: ENOENT/],
    [['--ephemeral', '--token-file', '/none'], 1, /--token-file cannot be read: ENOENT/],
    [['--ephemeral', '--data', '/x'], 2, /--data and --ephemeral cannot go together/],
    [['--dflockd', '0'], 2, /--data DIR is missing/],
    [['--ephemeral'], 2, /RXLOCK_TOKENS is user:token/, { RXLOCK_TOKENS: 'hidden' }],
    [['--ephemeral', '--max-ttl', '1ms'], 2, /--max-ttl is 1 s or more/],
    [['--ephemeral', '--origin', 'hidden'], 2, /--origin is an origin, such as 'https:\/\/app\.example\.com', or '\*'/],
    [['--ephemeral', '--max-frame', '1023'], 2, /--max-frame is 1 KiB or more; 0: no limit/],
    [['--data', '/dev/null/none'], 1, /\/dev\/null\/none cannot be used/],
    [['--data', '/proc/none/of/it'], 1, /\/proc\/none\/of\/it cannot be used/],
  ])('of %j ends with %i and says in one line what to do', async (args, code, told, env) => {
    const command = run(args, env);
    expect(await command.ended()).toBe(code);
    expect(command.stdout).toBe('');
    expect(command.stderr).toMatch(told);
    expect(command.stderr).toMatch(/^rxlock: [^\n]+\n$/);
    expect(command.stderr).not.toMatch(/hidden[^']/);
  });

  it('says which port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const command = run(['--dflockd', String(port), '--ephemeral']);
    expect(await command.ended()).toBe(1);
    expect(command.stderr).toContain(
      `--dflockd: cannot listen at 127.0.0.1:${String(port)}: something else listens there`,
    );
    taken.close();
  });
});

const SCRIPT = '/usr/bin/script';

describeWithProgram('rxlock serve in a terminal', existsSync(SCRIPT) ? undefined : `there is no ${SCRIPT}`, () => {
  it('ends well after its terminal has hung up', async () => {
    const [pid, code] = [join(folder, 'pid'), join(folder, 'code')];
    const command = `${process.execPath} ${mainProgram()} serve --dflockd 0 --ephemeral`;
    const shell = `trap "" HUP; ${command} & echo $! >${pid}; wait $!; echo $? >${code}`;
    const { PATH = '' } = process.env;
    const terminal = spawn(SCRIPT, ['-qfec', `sh -c '${shell}'`, '/dev/null'], {
      env: { PATH, SHELL: '/bin/sh' },
    });
    let told = '';
    terminal.stdout.on('data', (text: Buffer) => (told += text.toString()));
    await until(() => told.includes('rxlock is ready'), 'it to be ready', 60_000);
    terminal.kill('SIGKILL');
    await once(terminal, 'close');
    process.kill(Number(readFileSync(pid, 'utf8')), 'SIGTERM');
    await until(() => existsSync(code) && readFileSync(code, 'utf8') !== '', 'its end', 60_000);
    expect(readFileSync(code, 'utf8')).toBe('0\n');
  }, 120_000);
});
