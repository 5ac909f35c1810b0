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
        -V, --version    say which version this is
        -h, --help       say what there is

      Commands:
        serve [options]  run a server of locks

      More of a command: rxlock serve --help
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
        --token-file <FILE>                ask for a token: lines user:token, # begins a comment
        --tls-cert <FILE>                  speak TLS only, on every port: the certificate, in PEM
        --tls-key <FILE>                   its key, in PEM
        --origin <ORIGIN>                  a web page that may use it, such as https://app.example.com;
                                           may be said again
        --insecure                         let a public address do without TLS: tokens can be read on the
                                           way

      What it keeps:
        --data <DIR>                       what is locked, in this directory: a start finds it again
        --ephemeral                        nothing: no lock is granted for --max-ttl after a start, and
                                           none has a fencing token
        --max-ttl <TIME>                   the longest that anybody may hold a lock without a renewal
                                           (default 1h)
        --lock-delay <TIME>                for how long a lock that ran out stays taken (default 0s)
        --drain <TIME>                     at its end, for how long holders may go on (default 0s)

      What it tells:
        --metrics <[HOST:]PORT>            /metrics for Prometheus and /health, at a port of their own
        --no-metrics                       no /metrics at any port
        --log-level <LEVEL>                what is logged, as lines of JSON, to stderr (debug, info, warn,
                                           error, silent; default info)

      Limits:
        --max-connections <N>              connections to each port (default 10000)
        --max-connections-per-address <N>  of these, from one address: three quarters by default
        --max-locks <N>                    what one session may hold (default 100000)
        --max-waiters <N>                  for how many one session may wait (default 10000)
        --max-places <N>                   what all sessions may hold and wait for (default 1000000)
        --max-watches <N>                  what one session may watch (default 1024)
        --max-operations <N>               what one client may ask for in a second (default 200000)
        --max-elections-per-minute <N>     of one address, over HTTP; 0: no elections (default 600)
        --max-frame <BYTES>                one message, or the body of a request (default 64KiB)
        --max-buffered-per-client <BYTES>  sent ahead, or not taken (default 1MiB)
        --max-buffered <BYTES>             of all clients (default 128MiB)
        --handshake-time <TIME>            for TLS, and to say who it is (default 10s)
        --header-time <TIME>               for the header of a request (default 10s)
        --request-time <TIME>              for a whole request (default 30s)
        --stall-time <TIME>                in which a client must take something of what it is told
                                           (default 10s)

      Options:
        -h, --help                         say all this

      Protocols: with none of them named, --ws 7956 --http 7956 is taken. These two may share a port. HOST
      is 127.0.0.1 if it is left out; 0.0.0.0 is every address of this machine. Port 0 is a free one.

      Without --data and --ephemeral it keeps what is locked in $STATE_DIRECTORY, which systemd sets, or
      else in $XDG_STATE_HOME/rxlock, which is ~/.local/state/rxlock as a rule.

      Durations are written 500ms, 30s, 5m, 1h; bytes 65536, 64KiB, 1MiB. A limit of 0 is none.

      For each flag there is a variable of the environment: RXLOCK_MAX_TTL for --max-ttl. RXLOCK_TOKENS
      holds user:token with commas between, so that a token need not be seen in a list of processes.

      Signals: SIGTERM and SIGINT end it when all was said, a second one at once. SIGHUP reads tokens and
      certificate again.

      Exit codes: 0 it was told to end; 1 it cannot start; 2 a flag is wrong.

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
