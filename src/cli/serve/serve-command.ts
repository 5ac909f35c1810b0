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
Protocols: with none of them named, --ws 7956 --http 7956 is taken. These two may share a port. HOST is 127.0.0.1 if it is left out; 0.0.0.0 is every address of this machine. Port 0 is a free one.

Without --data and --ephemeral it keeps what is locked in $STATE_DIRECTORY, which systemd sets, or else in $XDG_STATE_HOME/rxlock, which is ~/.local/state/rxlock as a rule.

Durations are written 500ms, 30s, 5m, 1h; bytes 65536, 64KiB, 1MiB. A limit of 0 is none.

For each flag there is a variable of the environment: RXLOCK_MAX_TTL for --max-ttl. RXLOCK_TOKENS holds user:token with commas between, so that a token need not be seen in a list of processes.

Signals: SIGTERM and SIGINT end it when all was said, a second one at once. SIGHUP reads tokens and certificate again.

Exit codes: 0 it was told to end; 1 it cannot start; 2 a flag is wrong.`;

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
    .helpOption('-h, --help', 'say all this')
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
        flag('--token-file <FILE>', 'ask for a token: lines user:token, # begins a comment'),
        flag('--tls-cert <FILE>', 'speak TLS only, on every port: the certificate, in PEM'),
        flag('--tls-key <FILE>', 'its key, in PEM'),
        flag(
          '--origin <ORIGIN>',
          'a web page that may use it, such as https://app.example.com; may be said again',
          list,
        ),
        flag('--insecure', 'let a public address do without TLS: tokens can be read on the way'),
      ],
    ],
    [
      'What it keeps:',
      [
        flag('--data <DIR>', 'what is locked, in this directory: a start finds it again'),
        flag('--ephemeral', 'nothing: no lock is granted for --max-ttl after a start, and none has a fencing token'),
        flag('--max-ttl <TIME>', 'the longest that anybody may hold a lock without a renewal', duration).default('1h'),
        flag('--lock-delay <TIME>', 'for how long a lock that ran out stays taken', duration).default('0s'),
        flag('--drain <TIME>', 'at its end, for how long holders may go on', duration).default('0s'),
      ],
    ],
    [
      'What it tells:',
      [
        flag('--metrics <[HOST:]PORT>', '/metrics for Prometheus and /health, at a port of their own', address),
        flag('--no-metrics', 'no /metrics at any port'),
        flag('--log-level <LEVEL>', 'what is logged, as lines of JSON, to stderr').choices(LEVELS).default('info'),
      ],
    ],
    [
      'Limits:',
      [
        flag('--max-connections <N>', 'connections to each port', count).default(10_000),
        flag('--max-connections-per-address <N>', 'of these, from one address: three quarters by default', count),
        flag('--max-locks <N>', 'what one session may hold', count).default(100_000),
        flag('--max-waiters <N>', 'for how many one session may wait', count).default(10_000),
        flag('--max-places <N>', 'what all sessions may hold and wait for', count).default(1_000_000),
        flag('--max-watches <N>', 'what one session may watch', count).default(1024),
        flag('--max-operations <N>', 'what one client may ask for in a second', count).default(200_000),
        flag('--max-elections-per-minute <N>', 'of one address, over HTTP; 0: no elections', count).default(600),
        flag('--max-frame <BYTES>', 'one message, or the body of a request', bytes).default(65_536, '64KiB'),
        flag('--max-buffered-per-client <BYTES>', 'sent ahead, or not taken', bytes).default(1024 ** 2, '1MiB'),
        flag('--max-buffered <BYTES>', 'of all clients', bytes).default(128 * 1024 ** 2, '128MiB'),
        flag('--handshake-time <TIME>', 'for TLS, and to say who it is', duration).default('10s'),
        flag('--header-time <TIME>', 'for the header of a request', duration).default('10s'),
        flag('--request-time <TIME>', 'for a whole request', duration).default('30s'),
        flag('--stall-time <TIME>', 'in which a client must take something of what it is told', duration).default(
          '10s',
        ),
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
