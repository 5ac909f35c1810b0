import { Command, type Option } from 'commander';
import type { Surroundings } from '../surroundings.js';
import { address, bytes, count, duration, flag, list } from './flags.js';
import { TOKENS_VARIABLE } from './options-of.js';
import type { ServeFlags } from './serve-flags.js';

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'];

const ABOUT = `A server of locks for the programs of one machine, or of a small fleet: nothing else has to be installed.
It listens on this machine only, unless it is told otherwise.`;

/** A line for each paragraph. */
const MORE = `
Protocols: without any of these flags, the server has --ws 7956 --http 7956. These two may share a port. HOST is 127.0.0.1 if it is left out; 0.0.0.0 is every address of this machine. Port 0 is a free one.

Without --data and --ephemeral it keeps its locks in $STATE_DIRECTORY, which systemd sets, or else in $XDG_STATE_HOME/rxlock, by default ~/.local/state/rxlock.

Durations are written 500ms, 30s, 5m, 1h; bytes 65536, 64KiB, 1MiB. A limit of 0 is none.

Each flag has an environment variable: RXLOCK_MAX_TTL for --max-ttl. Tokens can be in RXLOCK_TOKENS, as user:token,user:token. There is no flag for them, as others can see the flags of a process.

Signals: SIGTERM and SIGINT end it after its last answers, a second one at once. SIGHUP makes it read tokens and certificate again.

Exit codes: 0 after a signal; 1 if it cannot start; 2 if a flag is wrong.`;

const EXAMPLES = `
Examples:
  $ rxlock serve
  $ rxlock serve --ws 7956 --dflockd 6388 --data /var/lib/rxlock --metrics 9464
  $ rxlock serve --ws 0.0.0.0:7956 --token-file tokens.txt \\
      --tls-cert cert.pem --tls-key key.pem
  $ RXLOCK_TOKENS=alice:secret rxlock serve --ephemeral --max-ttl 1m`;

/** `rxlock serve`. */
export function serveCommand(around: Surroundings): Command {
  const command: Command = new Command('serve')
    .summary('run a server of locks')
    .description(ABOUT)
    .helpOption('-h, --help', 'print this help')
    .allowExcessArguments(false)
    .configureHelp({ optionDescription: describe })
    .addHelpText('after', () => {
      const width = command.configureOutput().getOutHelpWidth?.() ?? 80;
      return `${command.createHelp().boxWrap(MORE, width)}\n${EXAMPLES}`;
    })
    .action(async (flags: ServeFlags) => {
      const { serve } = await import('./serve.js');
      const known = command.options.flatMap(({ envVar }) => envVar ?? []);
      await serve(flags, around, [...known, TOKENS_VARIABLE]);
    });
  for (const [heading, options] of groups()) {
    for (const option of options) command.addOption(option.helpGroup(heading));
  }
  return command;
}

function groups(): readonly (readonly [heading: string, options: readonly Option[]])[] {
  return [
    [
      'Protocols:',
      [
        flag('--ws <[HOST:]PORT>', "rxlock's own, over WebSockets: for rxlock/socket", address),
        flag('--http <[HOST:]PORT>', "OctoStore's HTTP API", address),
        flag('--dflockd <[HOST:]PORT>', "dflockd's, over TCP", address),
        flag('--dialect <WHOSE>', "HTTP answers as OctoStore's server does, or as the documents of its clients say")
          .choices(['octostore', 'documents'])
          .default('octostore'),
      ],
    ],
    [
      'Who may come:',
      [
        flag('--token-file <FILE>', 'clients need a token of this file: lines user:token, or # comment'),
        flag('--tls-cert <FILE>', 'the certificate, in PEM: every port then speaks TLS only'),
        flag('--tls-key <FILE>', 'its key, in PEM'),
        flag(
          '--origin <ORIGIN>',
          'web pages of this origin may use it: https://app.example.com; can be repeated',
          list,
        ),
        flag('--insecure', 'allow a public address without TLS: others may read the tokens'),
      ],
    ],
    [
      'What it keeps:',
      [
        flag('--data <DIR>', 'its locks, in this directory: they are there again after a restart'),
        flag('--ephemeral', 'nothing: no fencing tokens, and no lock is granted for --max-ttl after a start'),
        flag('--max-ttl <TIME>', 'the longest ttl of a lock', duration).default('1h'),
        flag('--lock-delay <TIME>', 'how long a lock stays taken after it ran out', duration).default('0s'),
        flag('--drain <TIME>', 'how long holders may go on after SIGTERM', duration).default('0s'),
      ],
    ],
    [
      'What it tells:',
      [
        flag('--metrics <[HOST:]PORT>', '/metrics for Prometheus and /health, at a port of their own', address),
        flag('--no-metrics', 'no /metrics at any port'),
        flag('--log-level <LEVEL>', 'the least that is logged, to stderr, as lines of JSON')
          .choices(LEVELS)
          .default('info'),
      ],
    ],
    [
      'Limits:',
      [
        flag('--max-connections <N>', 'connections to each port', count).default(10_000),
        flag('--max-connections-per-address <N>', 'of these, from one address: three quarters by default', count),
        flag('--max-locks <N>', 'locks that one session may hold', count).default(100_000),
        flag('--max-waiters <N>', 'locks that one session may wait for', count).default(10_000),
        flag('--max-places <N>', 'both, of all sessions together', count).default(1_000_000),
        flag('--max-watches <N>', 'locks that one session may watch', count).default(1024),
        flag('--max-operations <N>', 'requests of one client in a second', count).default(200_000),
        flag('--max-elections-per-minute <N>', 'elections of one address, over HTTP; 0: no elections', count).default(
          600,
        ),
        flag('--max-frame <BYTES>', 'one message, or the body of a request', bytes).default(65_536, '64KiB'),
        flag('--max-buffered-per-client <BYTES>', 'what one client sent ahead, or does not read', bytes).default(
          1024 ** 2,
          '1MiB',
        ),
        flag('--max-buffered <BYTES>', 'the same, of all clients', bytes).default(128 * 1024 ** 2, '128MiB'),
        flag('--handshake-time <TIME>', 'for TLS, and for the token', duration).default('10s'),
        flag('--header-time <TIME>', 'for the header of a request of HTTP', duration).default('10s'),
        flag('--request-time <TIME>', 'for a whole request of HTTP', duration).default('30s'),
        flag('--stall-time <TIME>', 'how long a client may read nothing of what it is sent', duration).default('10s'),
      ],
    ],
  ];
}

/** Without the variable of the environment: it is called after the flag. */
function describe({ description, defaultValue, defaultValueDescription, argChoices }: Option): string {
  const more = [
    ...(argChoices === undefined ? [] : [argChoices.join(', ')]),
    ...(defaultValue === undefined ? [] : [`default ${defaultValueDescription ?? String(defaultValue)}`]),
  ];
  return more.length === 0 ? description : `${description} (${more.join('; ')})`;
}
