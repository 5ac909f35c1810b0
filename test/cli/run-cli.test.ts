import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.js';
import type { SignalName, Surroundings } from '../../src/cli/surroundings.js';

/** What the command says, without a process. */
async function said(...args: readonly string[]) {
  let [out, error] = ['', ''];
  const around: Surroundings = {
    env: {},
    stdout: { write: (text) => (out += text), on: () => undefined, columns: 100 },
    stderr: { write: (text) => (error += text), on: () => undefined },
    on: () => undefined,
    off: () => undefined,
    exit: () => undefined,
  };
  const code = await runCli(args, around);
  return { code, out, error };
}

describe('rxlock', () => {
  it('says what there is, asked or not', async () => {
    const { code, out, error } = await said('--help');
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(await said()).toEqual({ code, out, error });
    expect(out).toMatchInlineSnapshot(`
      "Usage: rxlock [options] [command]

      Distributed locks. See https://github.com/rxlock/rxlock

      Options:
        -V, --version    print the version
        -h, --help       print this help

      Commands:
        serve [options]  run a server of locks

      The options of a command: rxlock serve --help
      "
    `);
  });

  it('says which version it is', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await said('--version')).toEqual({ code: 0, out: `${version}\n`, error: '' });
  });

  it('knows no other command', async () => {
    expect(await said('srve')).toEqual({
      code: 2,
      out: '',
      error: "rxlock: unknown command 'srve' (Did you mean serve?)\n",
    });
  });
});

describe('rxlock serve', () => {
  it('hears signals once it says that it is ready', async () => {
    const heard = new Map<SignalName, () => void>();
    let atReady: SignalName[] = [];
    const around: Surroundings = {
      env: {},
      stdout: { write: () => setImmediate(() => heard.get('SIGTERM')?.()), on: () => undefined },
      stderr: {
        write: (text: string) => {
          if (text.includes('"event":"ready"')) atReady = [...heard.keys()];
        },
        on: () => undefined,
      },
      on: (signal, listener) => heard.set(signal, listener),
      off: (signal) => heard.delete(signal),
      exit: () => undefined,
    };
    expect(await runCli(['serve', '--dflockd', '0', '--ephemeral'], around)).toBe(0);
    expect(atReady.sort()).toEqual(['SIGHUP', 'SIGINT', 'SIGTERM']);
    expect(heard.size).toBe(0);
  });
});

describe('rxlock serve --help', () => {
  it('tells a stranger what he needs', async () => {
    const { code, out, error } = await said('serve', '--help');
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(out).toMatchInlineSnapshot(`
      "Usage: rxlock serve [options]

      A server of locks for the programs of one machine, or of a small fleet: nothing else has to be
      installed.
      It listens on this machine only, unless it is told otherwise.

      Protocols:
        --ws <[HOST:]PORT>                 rxlock's own, over WebSockets: for rxlock/socket
        --http <[HOST:]PORT>               OctoStore's HTTP API
        --dflockd <[HOST:]PORT>            dflockd's, over TCP
        --dialect <WHOSE>                  HTTP answers as OctoStore's server does, or as the documents of
                                           its clients say (octostore, documents; default octostore)

      Who may come:
        --token-file <FILE>                clients need a token of this file: lines user:token, or #
                                           comment
        --tls-cert <FILE>                  the certificate, in PEM: every port then speaks TLS only
        --tls-key <FILE>                   its key, in PEM
        --origin <ORIGIN>                  web pages of this origin may use it: https://app.example.com;
                                           can be repeated
        --insecure                         allow a public address without TLS: others may read the tokens

      What it keeps:
        --data <DIR>                       its locks, in this directory: they are there again after a
                                           restart
        --ephemeral                        nothing: no fencing tokens, and no lock is granted for
                                           --max-ttl after a start
        --max-ttl <TIME>                   the longest ttl of a lock (default 1h)
        --lock-delay <TIME>                how long a lock stays taken after it ran out (default 0s)
        --drain <TIME>                     how long holders may go on after SIGTERM (default 0s)

      What it tells:
        --metrics <[HOST:]PORT>            /metrics for Prometheus and /health, at a port of their own
        --no-metrics                       no /metrics at any port
        --log-level <LEVEL>                the least that is logged, to stderr, as lines of JSON (debug,
                                           info, warn, error, silent; default info)

      Limits:
        --max-connections <N>              connections to each port (default 10000)
        --max-connections-per-address <N>  of these, from one address: three quarters by default
        --max-locks <N>                    locks that one session may hold (default 100000)
        --max-waiters <N>                  locks that one session may wait for (default 10000)
        --max-places <N>                   both, of all sessions together (default 1000000)
        --max-watches <N>                  locks that one session may watch (default 1024)
        --max-operations <N>               requests of one client in a second (default 200000)
        --max-elections-per-minute <N>     elections of one address, over HTTP; 0: no elections (default
                                           600)
        --max-frame <BYTES>                one message, or the body of a request (default 64KiB)
        --max-buffered-per-client <BYTES>  what one client sent ahead, or does not read (default 1MiB)
        --max-buffered <BYTES>             the same, of all clients (default 128MiB)
        --handshake-time <TIME>            for TLS, and for the token (default 10s)
        --header-time <TIME>               for the header of a request of HTTP (default 10s)
        --request-time <TIME>              for a whole request of HTTP (default 30s)
        --stall-time <TIME>                how long a client may read nothing of what it is sent (default
                                           10s)

      Options:
        -h, --help                         print this help

      Protocols: without any of these flags, the server has --ws 7956 --http 7956. These two may share a
      port. HOST is 127.0.0.1 if it is left out; 0.0.0.0 is every address of this machine. Port 0 is a
      free one.

      Without --data and --ephemeral it keeps its locks in $STATE_DIRECTORY, which systemd sets, or else
      in $XDG_STATE_HOME/rxlock, by default ~/.local/state/rxlock.

      Durations are written 500ms, 30s, 5m, 1h; bytes 65536, 64KiB, 1MiB. A limit of 0 is none.

      Each flag has an environment variable: RXLOCK_MAX_TTL for --max-ttl. Tokens can be in RXLOCK_TOKENS,
      as user:token,user:token. There is no flag for them, as others can see the flags of a process.

      Signals: SIGTERM and SIGINT end it after its last answers, a second one at once. SIGHUP makes it
      read tokens and certificate again.

      Exit codes: 0 after a signal; 1 if it cannot start; 2 if a flag is wrong.

      Examples:
        $ rxlock serve
        $ rxlock serve --ws 7956 --dflockd 6388 --data /var/lib/rxlock --metrics 9464
        $ rxlock serve --ws 0.0.0.0:7956 --token-file tokens.txt \\
            --tls-cert cert.pem --tls-key key.pem
        $ RXLOCK_TOKENS=alice:secret rxlock serve --ephemeral --max-ttl 1m
      "
    `);
  });

  it('fits into a terminal', async () => {
    const { out } = await said('serve', '--help');
    expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });
});
